package host

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// trial does once what nodes do all the time, in namespaces that end with it:
// links between networks, an overlay of folders, a cgroup. What a sandbox
// forbids shows here, and not minutes later in a node's log.
func trial() error {
	dir, err := os.MkdirTemp("", "cluster-check-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // empty folders in /tmp
	for _, d := range []string{"lower", "upper", "work", "merged"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			return err
		}
	}
	return errors.Join(trialOfNamespaces(dir), trialOfCgroups())
}

// trialOfNamespaces runs in network and mount namespaces of its own. The program
// ip may have to be installed yet.
func trialOfNamespaces(dir string) error {
	for _, t := range []struct{ what, script string }{
		{"an interface between networks", "command -v ip >/dev/null || exit 0; ip link add cluster-a type veth peer name cluster-b && ip link add cluster-br type bridge"},
		{"an overlay file system", `mount -t overlay overlay -o "lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work" "$1/merged"`},
		{"a file system in memory", `mount -t tmpfs tmpfs "$1/merged"`},
	} {
		cmd := exec.Command("/bin/sh", "-c", t.script, "sh", dir)
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS, Unshareflags: syscall.CLONE_NEWNS}
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("this machine does not let root make %s in a namespace: %w: %s", t.what, err, bytes.TrimSpace(out))
		}
	}
	return nil
}

func trialOfCgroups() error {
	for _, h := range hierarchies {
		group := filepath.Join(cgroups, h, "knelt-check")
		if err := os.Mkdir(group, 0o755); err != nil {
			return fmt.Errorf("this machine does not let root make cgroups: %w", err)
		}
		if err := os.Remove(group); err != nil {
			return err
		}
	}
	return nil
}
