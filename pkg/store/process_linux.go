package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// processState reads /proc/PID/stat. A zombie has ended: nobody has collected
// its exit code yet. What cannot be read counts as alive with no start known.
func processState(pid int) (alive bool, start string) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return !processGone(err), ""
	}
	// The second field is the name in parentheses, which may hold anything.
	_, rest, ok := cutLast(string(b), ") ")
	f := strings.Fields(rest)
	if !ok || len(f) < 20 {
		return true, ""
	}
	return f[0] != "Z" && f[0] != "X", f[19]
}

// processGone needs a mounted /proc: without one, every process would seem to
// be gone.
func processGone(err error) bool {
	if _, self := os.Stat("/proc/self/stat"); self != nil {
		return false
	}
	return errors.Is(err, fs.ErrNotExist)
}

func bootID() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

func pidNamespace() string {
	ns, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return strings.Trim(strings.TrimPrefix(ns, "pid:"), "[]")
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
