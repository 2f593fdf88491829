//go:build linux

package launcher

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"knelt.dev/bridge/podfiles"
)

// eachAtOnce calls do with all numbers up to n, a few at a time.
func eachAtOnce(n int, do func(int)) {
	var all sync.WaitGroup
	slots := make(chan struct{}, 4)
	for i := range n {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			do(i)
		})
	}
	all.Wait()
}

func TestEveryExitCodeIsToldAndIsTheLaunchersOwn(t *testing.T) {
	eachAtOnce(256, func(code int) {
		p := newPod(t)
		p.run("/bin/sh", "-c", fmt.Sprint("exit ", code))
		if exit := p.end(); exit != (podfiles.Exit{Code: code}) {
			t.Errorf("exit %d: got %+v", code, exit)
		}
	})
}

// TestEverySignalThatEndsAProgramIsNamed: all but those that do something else
// by default.
func TestEverySignalThatEndsAProgramIsNamed(t *testing.T) {
	eachAtOnce(31, func(i int) {
		sig := syscall.Signal(i + 1)
		switch sig {
		case unix.SIGCHLD, unix.SIGCONT, unix.SIGSTOP, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU, unix.SIGURG, unix.SIGWINCH:
			return
		}
		p := newPod(t)
		p.run("/bin/sh", "-c", fmt.Sprintf("ulimit -c 0; kill -%d $$; sleep 120", int(sig)))
		want := podfiles.Exit{Code: 128 + int(sig), Signal: unix.SignalName(sig)}
		if exit := p.end(); exit != want {
			t.Errorf("got %+v, want %+v", exit, want)
		}
	})
}

func TestSignalsReachTheConnector(t *testing.T) {
	p := newPod(t)
	p.env = append(p.env, modeVariable+"=signals")
	p.run(self(t))
	p.line()
	for _, sig := range []syscall.Signal{unix.SIGHUP, unix.SIGUSR1, unix.SIGUSR2, unix.SIGINT, unix.SIGTERM} {
		if err := p.cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		if got := p.line(); got != unix.SignalName(sig) {
			t.Errorf("got %q, want %v", got, unix.SignalName(sig))
		}
	}
	if exit := p.end(); exit != (podfiles.Exit{}) {
		t.Errorf("got %+v", exit)
	}
}

// TestALogThatNobodyReadsDoesNotEndTheLauncher: writing to it is SIGPIPE.
func TestALogThatNobodyReadsDoesNotEndTheLauncher(t *testing.T) {
	p := newPod(t)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = read.Close()
	p.brokenLog = write
	p.run("/no/such/program")
	if exit := p.end(); exit.Code != 127 {
		t.Errorf("got %+v", exit)
	}
	_ = write.Close()
}

// descendants lists the processes below pid, zombies included.
func descendants(pid int) []process {
	var below []process
	for _, p := range processes() {
		if p.parent == pid {
			below = append(below, p)
			below = append(below, descendants(p.pid)...)
		}
	}
	return below
}

// mustEnd waits until the processes are gone, or zombies of somebody else's.
func mustEnd(t *testing.T, list []process) {
	t.Helper()
	until := time.Now().Add(patience)
	for _, p := range list {
		for {
			now, found := inspect(p.pid)
			if !found || now.start != p.start || zombie(p.pid) {
				break
			}
			if time.Now().After(until) {
				t.Errorf("process %d lives on", p.pid)
				_ = syscall.Kill(p.pid, syscall.SIGKILL)
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

func zombie(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(text), ") ")
	return err == nil && (strings.HasPrefix(rest, "Z") || strings.HasPrefix(rest, "X"))
}

// TestOrphansAreReaped: 200 of them, while the connector runs.
func TestOrphansAreReaped(t *testing.T) {
	t.Parallel()
	p := newPod(t)
	p.run("/bin/sh", "-c", "i=0; while [ $i -lt 200 ]; do (sleep 0.5 &); i=$((i+1)); done; echo ready; exec sleep 120")
	p.line()
	launcher := p.cmd.Process.Pid
	if n := len(children(launcher)); n < 2 {
		t.Errorf("the launcher has %d children: orphans do not come to it", n)
	}
	until := time.Now().Add(patience)
	for len(children(launcher)) > 1 && time.Now().Before(until) {
		time.Sleep(20 * time.Millisecond)
	}
	if left := children(launcher); len(left) != 1 {
		t.Errorf("the launcher has %d children, want the connector alone", len(left))
	}
	p.terminate(0)
	if exit := p.end(); exit.Code != 137 || !exit.Terminated {
		t.Errorf("got %+v", exit)
	}
}

// children lists the processes whose parent is pid.
func children(pid int) []process {
	var list []process
	for _, p := range processes() {
		if p.parent == pid {
			list = append(list, p)
		}
	}
	return list
}
