package e2e

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Patience is how long something may take that takes a second: the machine may
// be busy.
const Patience = 60 * time.Second

// Program is a started program of ours with what it has printed.
type Program struct {
	t    *testing.T
	cmd  *exec.Cmd
	mu   sync.Mutex
	out  bytes.Buffer
	done chan struct{}
	err  error
}

// Start starts a program in dir. It is killed when the test ends.
func Start(t *testing.T, dir, program string, args ...string) *Program {
	t.Helper()
	p := &Program{t: t, cmd: exec.Command(program, args...), done: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env = dir, Environment(dir)
	p.cmd.Stdout, p.cmd.Stderr = lockedWriter{p}, lockedWriter{p}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.Signal(syscall.SIGKILL)
		<-p.done
	})
	return p
}

type lockedWriter struct{ p *Program }

func (w lockedWriter) Write(b []byte) (int, error) {
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	return w.p.out.Write(b)
}

var _ io.Writer = lockedWriter{}

// Output is all that was printed so far, on stdout and stderr.
func (p *Program) Output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// Pid of the program.
func (p *Program) Pid() int { return p.cmd.Process.Pid }

// Signal sends a signal; one that has ended does not mind.
func (p *Program) Signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, syscall.ESRCH) && !strings.Contains(err.Error(), "already finished") {
		p.t.Errorf("sending %s: %v", s, err)
	}
}

// Await waits until text was printed.
func (p *Program) Await(text string) {
	p.t.Helper()
	for deadline := time.Now().Add(Patience); !strings.Contains(p.Output(), text); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("%q did not appear in:\n%s", text, p.Output())
		}
	}
}

// Exit waits for the end and gives the exit code; 128+n if signal n ended it.
func (p *Program) Exit() int {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(Patience):
		p.t.Fatalf("it did not end; it printed:\n%s", p.Output())
	}
	return exitCode(p.t, p.err)
}

func exitCode(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &exit):
		t.Fatal(err)
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return exit.ExitCode()
}
