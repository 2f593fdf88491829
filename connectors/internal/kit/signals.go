package kit

import (
	"context"
	"io"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// endGrace is what a command gets to end by itself after a signal. Engines
// wait about ten seconds before they kill.
const endGrace = 5 * time.Second

// signals watches for the wish to end.
type signals struct {
	came   chan os.Signal
	done   chan struct{}
	exit   atomic.Int32
	cancel context.CancelFunc
}

// watchSignals returns a context that a SIGTERM or SIGINT ends; it closes wake
// then.
func watchSignals(out *Emitter, wake io.Closer) (context.Context, *signals) {
	ctx, cancel := context.WithCancel(context.Background())
	s := &signals{came: make(chan os.Signal, 1), done: make(chan struct{}), cancel: cancel}
	signal.Notify(s.came, syscall.SIGTERM, syscall.SIGINT)
	go s.watch(out, wake)
	return ctx, s
}

func (s *signals) watch(out *Emitter, wake io.Closer) {
	select {
	case came := <-s.came:
		s.exit.Store(int32(128 + int(came.(syscall.Signal))))
	case <-s.done:
		return
	}
	out.terminate()
	s.cancel()
	if err := wake.Close(); err != nil {
		os.Exit(s.code()) // reads of stdin cannot be woken
	}
	select {
	case <-s.done:
	case <-time.After(endGrace):
		// It waits for something that does not come, such as a reader of its
		// output: no flush can help.
		os.Exit(s.code())
	}
}

// code is the exit code after a signal, 0 without one.
func (s *signals) code() int { return int(s.exit.Load()) }

func (s *signals) stop() {
	signal.Stop(s.came)
	close(s.done)
	s.cancel()
}
