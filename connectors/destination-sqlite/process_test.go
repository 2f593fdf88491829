package main

import (
	"bytes"
	"database/sql"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"knelt.dev/connectors/internal/kittest"
	"knelt.dev/pkg/airbyte"
)

const logType = airbyte.Log

var signals = []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM}

// process is a write that is under way.
type process struct {
	l      *lake
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *output
	result kittest.Result
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

func (l *lake) start(catalog string, config ...string) *process {
	l.t.Helper()
	p := &process{l: l, stdout: &output{}}
	p.cmd = program.Start(l.t, kittest.Call{Command: "write", Config: l.config(config...), Catalog: catalog})
	p.cmd.Stdout = p.stdout
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		l.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	return p
}

func (p *process) send(lines ...string) {
	p.l.t.Helper()
	if _, err := io.Copy(p.stdin, input(lines...)); err != nil {
		p.l.t.Fatal(err)
	}
}

// until waits for something that must happen within a minute.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within a minute", what)
		}
	}
}

// waitFor waits until another program sees what it wants.
func (p *process) waitFor(query, want string) {
	p.l.t.Helper()
	db := p.l.open()
	until(p.l.t, query, func() bool {
		var got sql.NullString
		return db.QueryRow(query).Scan(&got) == nil && got.String == want
	})
	if err := db.Close(); err != nil {
		p.l.t.Fatal(err)
	}
}

// waitForOutput waits until the process has written a phrase.
func (p *process) waitForOutput(phrase string) {
	p.l.t.Helper()
	until(p.l.t, phrase, func() bool { return strings.Contains(p.stdout.String(), phrase) })
}

// end signals the process and waits for it. Signal 0 only waits.
func (p *process) end(signal syscall.Signal) int {
	p.l.t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		p.l.t.Fatal(err)
	}
	code := kittest.ExitCode(p.l.t, p.cmd.Wait())
	p.result = kittest.Result{Stdout: []byte(p.stdout.String()), Code: code}
	return code
}
