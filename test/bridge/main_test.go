//go:build linux

package bridge

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// relayArg has the test binary be a relay.
const relayArg = "bridge-test-relay"

// engineArg has it be a whole engine.
const engineArg = "bridge-test-engine"

// bin is where the programs are.
var bin string

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == relayArg {
		os.Exit(relayMain(os.Args[2]))
	}
	if len(os.Args) > 1 && os.Args[1] == engineArg {
		os.Exit(engineMain(os.Args[2]))
	}
	os.Exit(withPrograms(m))
}

func withPrograms(m *testing.M) int {
	dir, err := os.MkdirTemp("", "knelt-test-bridge")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }() // nothing depends on it
	bin = dir
	build := exec.Command("go", "build", "-o", dir+string(filepath.Separator),
		"knelt.dev/bridge", "knelt.dev/connectors/source-faker", "knelt.dev/connectors/destination-discard")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "building the programs:", err)
		return 1
	}
	return m.Run()
}

// upgraded builds this test's program, the engine's process, as one whose output
// is of the next version.
func (w *world) upgraded() string {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), "upgraded")
	build := exec.Command("go", "test", "-c", "-tags", "knelt_next_output", "-o", path, ".")
	if out, err := build.CombinedOutput(); err != nil {
		w.t.Fatalf("building the upgraded engine: %v\n%s", err, out)
	}
	return path
}
