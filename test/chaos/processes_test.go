package chaos

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The variables that mark the processes of a world.
const (
	tokenVariable = "KNELT_CHAOS_WORLD"
	roleVariable  = "KNELT_CHAOS_ROLE"
)

const (
	engine      = "engine"
	source      = "source"
	destination = "destination"
)

// found is a running process of a world.
type found struct {
	pid     int
	role    string
	command string // spec, discover, read or write
}

// processes lists what runs of a world. One that has ended and was not collected
// yet has no environment, and does not count.
func (w *world) processes() []found {
	w.t.Helper()
	names, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil || len(names) == 0 {
		w.t.Fatalf("the processes cannot be listed (%v): these tests need /proc", err)
	}
	var all []found
	for _, name := range names {
		env, err := os.ReadFile(name)
		if err != nil || !strings.Contains(string(env), tokenVariable+"="+w.token+"\x00") {
			continue // gone, or another user's
		}
		dir := filepath.Dir(name)
		p := found{role: variableOf(string(env), roleVariable)}
		if p.pid, err = strconv.Atoi(filepath.Base(dir)); err != nil {
			w.t.Fatal(err)
		}
		if line, err := os.ReadFile(filepath.Join(dir, "cmdline")); err == nil {
			p.command = commandIn(strings.Split(string(line), "\x00"))
		}
		all = append(all, p)
	}
	return all
}

// commandIn finds the command among a connector's arguments, or a script's.
func commandIn(args []string) string {
	for _, arg := range args[:min(3, len(args))] {
		switch arg {
		case "spec", "discover", "read", "write":
			return arg
		}
	}
	return ""
}

func variableOf(env, name string) string {
	for _, entry := range strings.Split(env, "\x00") {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}

// of gives those of one role, running command if that is not empty.
func (w *world) of(role, command string) []found {
	var some []found
	for _, p := range w.processes() {
		if p.role == role && (command == "" || p.command == command) {
			some = append(some, p)
		}
	}
	return some
}

// kill ends a process found a moment ago; it is false if it had ended by itself.
func kill(t *testing.T, pid int) bool {
	t.Helper()
	err := syscall.Kill(pid, syscall.SIGKILL)
	if err != nil && !errors.Is(err, syscall.ESRCH) {
		t.Errorf("killing %d: %v", pid, err)
	}
	return err == nil
}

// shortWhile is how long what a dead engine leaves may need to end. The kernel
// ends connectors at once; the rest is for a busy machine.
const shortWhile = 10 * time.Second

// awaitNone waits until nothing of the world runs and tells how long that took.
func (w *world) awaitNone() time.Duration {
	w.t.Helper()
	began := time.Now()
	for {
		left := w.processes()
		if len(left) == 0 {
			return time.Since(began)
		}
		if time.Since(began) > shortWhile {
			w.t.Fatalf("%s after the engine had ended these were still running: %+v", shortWhile, left)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// endAll leaves nothing of a failed test running.
func (w *world) endAll() {
	for deadline := time.Now().Add(shortWhile); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		left := w.processes()
		if len(left) == 0 {
			return
		}
		for _, p := range left {
			kill(w.t, p.pid)
		}
	}
}
