//go:build linux

package launcher

import (
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"knelt.dev/bridge/podfiles"
	"knelt.dev/pkg/connector"
)

// again is how often the processes that are left are looked at, or killed,
// until none is.
const again = 20 * time.Millisecond

// giveUp is how long killed processes may take to die. Only the kernel can keep
// them longer, such as in a network file system that hangs; in a pod they end
// with PID 1 then.
const giveUp = 10 * time.Second

// supervision sees a running connector through. Only its own goroutine uses it.
type supervision struct {
	*launcher
	timer      *time.Timer // when to look again
	killAt     time.Time   // zero: nobody asked for the end
	killing    time.Time   // since when, or zero
	drain      *drain      // nil while the connector itself runs
	terminated bool
	leftOver   bool
}

func newSupervision(l *launcher) *supervision {
	return &supervision{launcher: l, timer: time.NewTimer(0)}
}

// run returns when all processes of the connector are gone.
func (s *supervision) run() {
	if err := s.me.Ring(podfiles.Started); err != nil {
		s.say("%v", err)
	}
	exited := s.tree.exited
	for {
		select {
		case <-s.tree.empty:
			return
		case <-exited:
			exited, s.drain = nil, newDrain(s.cfg.Dir, s.cfg.Drain, time.Now())
		case _, open := <-s.bells:
			s.hear(open)
		case <-s.timer.C:
		}
		if !s.step(time.Now()) {
			return
		}
	}
}

// hear acts on a bell, or on the sidecar's end.
func (s *supervision) hear(open bool) {
	if !open {
		s.bells = nil
		if s.killAt.IsZero() {
			s.say("the sidecar is gone: ending the connector within %v", s.cfg.Grace)
		}
		s.terminate(s.cfg.Grace)
		return
	}
	if t, err := s.cfg.Dir.ReadTerminate(); err == nil {
		s.terminate(t.Grace())
	}
}

// terminate asks the connector to end within grace. Asked again, only a shorter
// one counts.
func (s *supervision) terminate(grace time.Duration) {
	at := time.Now().Add(grace)
	switch {
	case s.killAt.IsZero():
		_, ended := s.tree.result()
		s.terminated, s.killAt = !ended, at
		if grace > 0 {
			s.tree.signal(syscall.SIGTERM)
		}
	case at.Before(s.killAt):
		s.killAt = at
	}
}

// step does what is due and tells whether there is more to wait for.
func (s *supervision) step(now time.Time) bool {
	if s.killing.IsZero() && s.mustKill(now) {
		s.killing = now
	}
	switch {
	case !s.killing.IsZero():
		if now.Sub(s.killing) > giveUp {
			s.leftOver = true
			return false
		}
		s.tree.kill()
		s.timer.Reset(again)
	case s.drain != nil:
		s.timer.Reset(again)
	case !s.killAt.IsZero():
		s.timer.Reset(s.killAt.Sub(now))
	}
	return true
}

// mustKill tells whether the time of all processes is over.
func (s *supervision) mustKill(now time.Time) bool {
	if !s.killAt.IsZero() && !now.Before(s.killAt) {
		return true
	}
	if s.drain == nil {
		return false
	}
	verdict := s.drain.judge(now)
	s.leftOver = s.leftOver || verdict == overdue
	return verdict != wait
}

// exit describes the end. oomKilled tells that the kernel ended some process of
// this container for want of memory.
func (s *supervision) exit(oomKilled bool) podfiles.Exit {
	status, ended := s.tree.result()
	if !ended {
		return podfiles.Exit{
			Code: codeTrouble, Terminated: s.terminated, LeftOver: s.leftOver,
			Problem: fmt.Sprintf("the connector was killed and is still there after %v: the kernel holds it", giveUp),
		}
	}
	exit := connector.Exit{Code: status.ExitStatus(), Terminated: s.terminated}
	if status.Signaled() {
		exit.Code, exit.Signal = 128+int(status.Signal()), unix.SignalName(status.Signal())
	}
	new(connector.StderrWatch).Finish(&exit, oomKilled)
	return podfiles.Exit{Code: exit.Code, Signal: exit.Signal, OOM: exit.OOM, Terminated: exit.Terminated, LeftOver: s.leftOver}
}
