//go:build linux

package launcher

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"knelt.dev/pkg/connector/connectortest"
)

// The names under which this test binary is something else. The environment
// cannot say so: the connector gets the launcher's.
const (
	asLauncher = "bridge-exec"
	asSidecar  = "bridge-serve"
	asReadOnly = "read-only"
)

// rootVariable gives the launcher another Config.Root.
const rootVariable = "KNELT_TEST_ROOT"

// TestMain makes this binary a launcher, a sidecar or a connector if it was
// started as one.
func TestMain(m *testing.M) {
	switch filepath.Base(os.Args[0]) {
	case asLauncher:
		os.Exit(launch(os.Args[1:]))
	case asSidecar:
		sidecarUntilKilled(os.Args[1], os.Args[2:])
	case asReadOnly:
		fmt.Fprintln(os.Stderr, readOnlyRoot(os.Args[1], os.Args[2:]))
		os.Exit(readOnlyFailed)
	}
	act()
	connectortest.Probe()
	goleak.VerifyTestMain(m)
}

// launch is Main with a root for the counters that a test may choose.
func launch(args []string) int {
	root := os.Getenv(rootVariable)
	if root == "" {
		return Main(args)
	}
	signals := catch()
	cfg, err := ParseFlags(args, os.Environ(), os.Stderr)
	if err != nil {
		return codeTrouble
	}
	cfg.Root = root
	return Run(cfg, signals)
}

// self is this binary.
func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// must ends a helper process with a code that no test expects.
func must(errs ...error) {
	if err := errors.Join(errs...); err != nil {
		fmt.Fprintln(os.Stderr, "helper:", err)
		os.Exit(99)
	}
}
