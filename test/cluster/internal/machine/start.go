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
// The tool's binary must stay where it is.
func Start(spec Spec, tool string) error {
	if err := spec.write(); err != nil {
		return err
	}
	log, err := os.OpenFile(layout.In(spec.Name, "log", "machine.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening the log of machine %s: %w", spec.Name, err)
	}
	defer log.Close()                             //nolint:errcheck // the machine has a descriptor of its own
	cmd := exec.Command(tool, Command, spec.Name) //nolint:noctx // it outlives us
	cmd.Dir = "/"
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setsid:     true,
		Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS | syscall.CLONE_NEWUTS,
	}
	if err := netns.Start(layout.NamespacePath(spec.Name), cmd); err != nil {
		return fmt.Errorf("starting machine %s: %w", spec.Name, err)
	}
	if err := os.WriteFile(pidPath(spec.Name), []byte(strconv.Itoa(cmd.Process.Pid)), 0o600); err != nil {
		return fmt.Errorf("noting the process of machine %s: %w", spec.Name, err)
	}
	return nil
}

// Pid is the process id of a running machine's first process, or 0.
func Pid(name string) int {
	data, err := os.ReadFile(pidPath(name))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(string(data))
	if err != nil || !isMachine(pid, name) {
		return 0 // another process may have the id now
	}
	return pid
}

func isMachine(pid int, name string) bool {
	line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	return err == nil && strings.HasSuffix(string(line), "\x00"+Command+"\x00"+name+"\x00")
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
		if !isMachine(pid, name) { // gone only after all that ran in it
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("machine %s does not end: process %d is still there", name, pid)
}
