package kittest

import (
	"bytes"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Process is a command that is under way.
type Process struct {
	t      *testing.T
	cmd    *exec.Cmd
	Stdin  io.WriteCloser
	stdout *output
	// Result is what it wrote, once End has returned.
	Result Result
}

// output is what a process has written so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// Begin starts a call with a pipe for its stdin.
func (p Program) Begin(t *testing.T, c Call) *Process {
	t.Helper()
	b := &Process{t: t, stdout: &output{}, cmd: p.Start(t, c)}
	b.cmd.Stdout = b.stdout
	var err error
	if b.Stdin, err = b.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return b
}

// Send writes lines to its stdin.
func (p *Process) Send(lines ...string) {
	p.t.Helper()
	if _, err := io.Copy(p.Stdin, Input(lines...)); err != nil {
		p.t.Fatal(err)
	}
}

// Until waits for something that must happen within a minute.
func Until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within a minute", what)
		}
	}
}

// WaitForOutput waits until it has written a phrase.
func (p *Process) WaitForOutput(phrase string) {
	p.t.Helper()
	Until(p.t, phrase, func() bool { return strings.Contains(p.stdout.String(), phrase) })
}

// Wait waits for its end.
func (p *Process) Wait() int {
	p.t.Helper()
	code := ExitCode(p.t, p.cmd.Wait())
	p.Result = Result{Stdout: []byte(p.stdout.String()), Code: code}
	return code
}

// End signals it and waits for its end.
func (p *Process) End(signal syscall.Signal) int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		p.t.Fatal(err)
	}
	return p.Wait()
}

// PID is its process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }
