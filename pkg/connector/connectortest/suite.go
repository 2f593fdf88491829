package connectortest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"testing"
	"time"

	"knelt.dev/pkg/connector"
)

// Harness is what the suite needs to know of a runtime.
type Harness struct {
	// New makes a runtime for one test; t's cleanups may clear up after it.
	New func(t *testing.T) connector.Runtime
	// Probe is the connector that runs the probe.
	Probe connector.Connector
	// Missing is a connector whose program does not exist.
	Missing connector.Connector
	// Timeout bounds each run, so that one that hangs fails its test. 0 means
	// a minute.
	Timeout time.Duration
}

// Run runs the suite.
func Run(t *testing.T, h Harness) {
	if h.Timeout == 0 {
		h.Timeout = time.Minute
	}
	for _, group := range []map[string]func(*testing.T, Harness){startTests, streamTests, endTests} {
		for name, test := range group {
			t.Run(name, func(t *testing.T) { test(t, h) })
		}
	}
}

// Running is a run of the probe that a test watches.
type Running struct {
	connector.Run
	t       *testing.T
	timeout time.Duration
}

// Start starts the probe in a mode. A run that has not ended after the timeout
// is killed and fails the test.
func (h Harness) Start(t *testing.T, rt connector.Runtime, mode string, inv connector.Invocation) *Running {
	t.Helper()
	c := h.Probe
	c.Env = maps.Clone(c.Env)
	if c.Env == nil {
		c.Env = map[string]string{}
	}
	c.Env[ModeVariable] = mode
	run, err := rt.Start(context.Background(), c, inv)
	if err != nil {
		t.Fatalf("starting the probe in mode %s: %v", mode, err)
	}
	timeout := h.Timeout
	if timeout == 0 {
		timeout = time.Minute
	}
	timer := time.AfterFunc(timeout, func() {
		t.Errorf("the run in mode %s did not end within %s", mode, timeout)
		run.Terminate(0)
	})
	t.Cleanup(func() { timer.Stop() })
	return &Running{Run: run, t: t, timeout: timeout}
}

// Ready waits for the probe's line "ready".
func (r *Running) Ready() {
	r.t.Helper()
	const word = "ready\n"
	got := make([]byte, len(word))
	if _, err := io.ReadFull(r.Stdout(), got); err != nil || string(got) != word {
		r.t.Fatalf("waiting for the probe: got %q, %v", got, err)
	}
}

// Finish closes stdin, reads what is left of both outputs and waits.
func (r *Running) Finish() (stdout, stderr []byte, exit connector.Exit) {
	r.t.Helper()
	if err := r.Stdin().Close(); err != nil {
		r.t.Errorf("closing stdin: %v", err)
	}
	return r.Drain()
}

// Drain reads what is left of both outputs and waits.
func (r *Running) Drain() (stdout, stderr []byte, exit connector.Exit) {
	r.t.Helper()
	logged := make(chan []byte)
	go func() {
		all, err := io.ReadAll(r.Stderr())
		if err != nil {
			r.t.Errorf("reading stderr: %v", err)
		}
		logged <- all
	}()
	stdout, err := io.ReadAll(r.Stdout())
	if err != nil {
		r.t.Errorf("reading stdout: %v", err)
	}
	stderr = <-logged
	exit, err = r.Wait()
	if err != nil {
		r.t.Errorf("waiting: %v", err)
	}
	return stdout, stderr, exit
}

// run runs the probe in a mode to its end.
func (h Harness) run(t *testing.T, mode string, inv connector.Invocation) (stdout, stderr []byte, exit connector.Exit) {
	t.Helper()
	return h.Start(t, h.New(t), mode, inv).Finish()
}

// samePattern tells whether r is exactly Pattern(n).
func samePattern(t *testing.T, r io.Reader, n int64) {
	t.Helper()
	want, a, b := Pattern(n), make([]byte, 64<<10), make([]byte, 64<<10)
	for at := int64(0); ; {
		k, err := io.ReadFull(r, a)
		m, wantErr := io.ReadFull(want, b)
		if k != m || !bytes.Equal(a[:k], b[:m]) {
			t.Fatalf("after %d of %d bytes: not what was written (%d bytes, %v)", at, n, k, err)
		}
		at += int64(k)
		if err != nil || wantErr != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("after %d of %d bytes: %v", at, n, err)
			}
			return
		}
	}
}
