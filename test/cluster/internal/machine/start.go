package machine

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"knelt.dev/test/cluster/internal/layout"
	"knelt.dev/test/cluster/internal/netns"
)

// Command is the word after which this tool's binary is the first process of
// the machine named next.
const Command = "machine"

// Start starts a machine that does not run. It lives on when this process ends.
// This tool must be at layout.Tool, and stay there.
func Start(spec Spec) error {
	if err := spec.write(); err != nil {
		return err
	}
	log, err := os.OpenFile(layout.In(spec.Name, "log", "machine.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening the log of machine %s: %w", spec.Name, err)
	}
	defer log.Close() //nolint:errcheck // the machine has a descriptor of its own
	cmd := exec.Command(layout.Tool(), Command, spec.Name)
	cmd.Dir = "/"
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setsid:     true,
		Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS | syscall.CLONE_NEWUTS,
	}
	if err := netns.Start(layout.NamespacePath(spec.Name), cmd); err != nil {
		return fmt.Errorf("starting machine %s: %w", spec.Name, err)
	}
	return nil
}

// Pid is the process id of a running machine's first process, or 0. It is looked
// for among all processes: a note of it could be missing, or be of an earlier
// life of this computer.
func Pid(name string) int {
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return 0 // the pattern is good
	}
	want := layout.Tool() + "\x00" + Command + "\x00" + name + "\x00"
	for _, path := range lines {
		line, err := os.ReadFile(path)
		if err != nil || string(line) != want {
			continue // ended, or another one
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			return pid
		}
	}
	return 0
}

// Kill ends a machine as a loss of power does: no process in it gets to know.
func Kill(name string) error {
	pid := Pid(name)
	if pid == 0 {
		return nil
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("killing machine %s: %w", name, err)
	}
	for range 200 {
		if gone(pid) {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("machine %s does not end: process %d is still there", name, pid)
}

// gone tells whether a process has ended. The first process of a machine does so
// only after all others in it; its command line is lost before.
func gone(pid int) bool {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	_, rest, _ := strings.Cut(string(data), ") ")
	return err != nil || strings.HasPrefix(rest, "Z")
}
