package connector_test

import (
	"context"
	"io"
	"strings"
	"sync"
	"time"

	"knelt.dev/pkg/connector"
)

// fake is a runtime whose one command says what it is told to.
type fake struct {
	stdout, stderr string
	exit           connector.Exit
	startErr       error
	waitErr        error
	// stays lets the command go on until it is terminated.
	stays bool

	inv        connector.Invocation
	terminated chan struct{}
	once       sync.Once
	out        io.Reader
	closed     bool
}

func (f *fake) Start(_ context.Context, _ connector.Connector, inv connector.Invocation) (connector.Run, error) {
	f.inv, f.terminated = inv, make(chan struct{})
	f.out = io.MultiReader(strings.NewReader(f.stdout), until{f})
	if f.startErr != nil {
		return nil, f.startErr
	}
	return f, nil
}

// until is at its end when the command is.
type until struct{ f *fake }

func (u until) Read([]byte) (int, error) {
	if u.f.stays {
		<-u.f.terminated
	}
	return 0, io.EOF
}

func (f *fake) Stdin() io.WriteCloser       { return f }
func (f *fake) Write(p []byte) (int, error) { return len(p), nil }
func (f *fake) Close() error                { f.closed = true; return nil }
func (f *fake) Stdout() io.Reader           { return f.out }
func (f *fake) Stderr() io.Reader           { return strings.NewReader(f.stderr) }
func (f *fake) Terminate(time.Duration)     { f.once.Do(func() { close(f.terminated) }) }

func (f *fake) Wait() (connector.Exit, error) {
	exit := f.exit
	exit.StderrTail = f.stderr
	select {
	case <-f.terminated:
		exit = connector.Exit{Code: 143, Signal: "SIGTERM", Terminated: true, StderrTail: f.stderr}
	default:
	}
	return exit, f.waitErr
}
