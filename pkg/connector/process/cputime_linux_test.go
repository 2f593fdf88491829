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
	started := startScript(t, r, "(while :; do :; done) & wait")
	defer endNow(t, started)
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		used, err := started.(clock).CPUTime()
		if err != nil {
			t.Fatal(err)
		}
		if used >= 100*time.Millisecond {
			return
		}
	}
	t.Error("the CPU time of a busy worker does not show")
}

// TestASleepingCommandUsesNoCPUTime, or sleeping would pass for life.
func TestASleepingCommandUsesNoCPUTime(t *testing.T) {
	r, _ := newRuntime(t)
	started := startScript(t, r, "sleep 60")
	defer endNow(t, started)
	time.Sleep(200 * time.Millisecond)
	if used, err := started.(clock).CPUTime(); err != nil || used > 50*time.Millisecond {
		t.Errorf("%s, %v", used, err)
	}
}

type clock interface{ CPUTime() (time.Duration, error) }

func startScript(t *testing.T, r connector.Runtime, script string) connector.Run {
	t.Helper()
	started, err := r.Start(t.Context(), connector.Connector{Command: []string{"/bin/sh", "-c", script, "sh"}},
		connector.Invocation{Command: connector.Read})
	if err != nil {
		t.Fatal(err)
	}
	return started
}

func endNow(t *testing.T, started connector.Run) {
	t.Helper()
	started.Terminate(0)
	for _, out := range []io.Reader{started.Stdout(), started.Stderr()} {
		if _, err := io.Copy(io.Discard, out); err != nil {
			t.Error(err)
		}
	}
	if _, err := started.Wait(); err != nil {
		t.Error(err)
	}
}
