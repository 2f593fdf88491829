package process_test

import (
	"io"
	"testing"
	"time"

	"knelt.dev/pkg/connector"
)

// TestCPUTimeGrowsWhileACommandWorksInSilence: its workers count as well.
func TestCPUTimeGrowsWhileACommandWorksInSilence(t *testing.T) {
	r, _ := newRuntime(t)
	started, err := r.Start(t.Context(), connector.Connector{
		Command: []string{"/bin/sh", "-c", "(while :; do :; done) & wait", "sh"},
	}, connector.Invocation{Command: connector.Read})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		started.Terminate(0)
		for _, out := range []io.Reader{started.Stdout(), started.Stderr()} {
			if _, err := io.Copy(io.Discard, out); err != nil {
				t.Error(err)
			}
		}
		if _, err := started.Wait(); err != nil {
			t.Error(err)
		}
	}()
	clock, ok := started.(interface{ CPUTime() (time.Duration, error) })
	if !ok {
		t.Fatal("a run tells no CPU time")
	}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		used, err := clock.CPUTime()
		if err != nil {
			t.Fatal(err)
		}
		if used >= 100*time.Millisecond {
			return
		}
	}
	t.Error("the CPU time of a busy worker does not show")
}
