// Package foreign runs connectors that nobody here wrote through the engine,
// unchanged: a destination and a connector kit from the npm registry, and what
// ten real sources once said. See docs/connectors.md.
package foreign

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"knelt.dev/test/e2e"
)

var (
	// bin is the folder of our programs, modules that of the installed packages.
	bin, modules string
	// here is the folder of this file.
	here string
)

func TestMain(m *testing.M) { os.Exit(prepareAndRun(m)) }

func prepareAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "knelt-foreign-")
	if err != nil {
		return complain(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a test's leftovers
	if here, err = os.Getwd(); err != nil {
		return complain(err)
	}
	if modules, err = install(); err != nil {
		return complain(err)
	}
	if bin, err = e2e.Build(context.Background(), dir); err != nil {
		return complain(err)
	}
	return m.Run()
}

// install installs the packages, unless they are there, and gives their folder.
// That they cannot be installed is a failure, never a reason to skip.
func install() (string, error) {
	script := exec.Command("./install.sh")
	script.Stderr = os.Stderr
	out, err := script.Output()
	if err != nil {
		return "", fmt.Errorf("install.sh: %w", err)
	}
	return filepath.Join(string(bytes.TrimSpace(out)), "node_modules"), nil
}

func complain(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}
