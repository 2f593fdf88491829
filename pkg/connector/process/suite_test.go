package process_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/connector/connectortest"
	"knelt.dev/pkg/connector/process"
)

// harness runs this test binary as the probe. Every directory for runs must be
// empty at the end, and nothing may have been warned of.
func harness(t *testing.T) connectortest.Harness {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return connectortest.Harness{
		Probe:   connector.Connector{Command: []string{self}},
		Missing: connector.Connector{Command: []string{"./no-such-program"}},
		New: func(t *testing.T) connector.Runtime {
			rt, root := newRuntime(t)
			t.Cleanup(func() { mustBeEmpty(t, root) })
			return rt
		},
	}
}

func newRuntime(t *testing.T) (*process.Runtime, string) {
	root := filepath.Join(t.TempDir(), "runs")
	return process.New(process.Config{
		Root: root, Drain: time.Second,
		Warn: func(err error) { t.Errorf("warning: %v", err) },
	}), root
}

func mustBeEmpty(t *testing.T, root string) {
	t.Helper()
	left, err := os.ReadDir(root)
	if err != nil && !os.IsNotExist(err) {
		t.Error(err)
	}
	for _, entry := range left {
		t.Errorf("%s was not removed", entry.Name())
	}
}

func TestSuite(t *testing.T) { connectortest.Run(t, harness(t)) }

func newAt(root string) *process.Runtime {
	return process.New(process.Config{Root: root, Drain: time.Second})
}
