// Package host is about the machine that the cluster runs on: what it must
// have, and what has to be cleaned there.
package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"knelt.dev/test/cluster/internal/progress"
)

// needs are files that must be there, and Debian's packages that have them.
var needs = []struct{ file, pkg string }{
	{"/usr/bin/etcd", "etcd-server"},
	{"/usr/lib/cni/ptp", "containernetworking-plugins"},
	{"/usr/include/seccomp.h", "libseccomp-dev"},
	{"/usr/sbin/iptables", "iptables"},
	{"/sbin/ip", "iproute2"},
	{"/usr/bin/pkg-config", "pkg-config"},
	{"/usr/bin/gcc", "gcc"},
	{"/usr/include/stdlib.h", "libc6-dev"},
	{"/usr/sbin/conntrack", "conntrack"},
}

// hierarchies of cgroups (version 1) without which no pod can be run.
var hierarchies = []string{"cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "pids"}

const cgroups = "/sys/fs/cgroup"

// Check says what this machine lacks that cannot be installed.
func Check() error {
	if os.Geteuid() != 0 {
		return errors.New("a cluster needs root: it makes namespaces, mounts and cgroups")
	}
	for _, h := range hierarchies {
		if _, err := os.Stat(filepath.Join(cgroups, h, "cgroup.procs")); err != nil {
			return fmt.Errorf("there is no hierarchy of cgroups (version 1) at %s: %w", filepath.Join(cgroups, h), err)
		}
	}
	filesystems, err := os.ReadFile("/proc/filesystems")
	if err != nil {
		return fmt.Errorf("reading what the kernel can: %w", err)
	}
	if !strings.Contains(string(filesystems), "\toverlay\n") {
		return errors.New("the kernel has no overlay file system, which containers are made of")
	}
	return trial()
}

// Install installs the packages that are missing.
func Install(ctx context.Context) error {
	var missing []string
	for _, n := range needs {
		if _, err := os.Stat(n.file); err != nil {
			missing = append(missing, n.pkg)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("these packages (Debian's names) are missing, and there is no apt-get: %s", strings.Join(missing, " "))
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	return progress.During("installing "+strings.Join(missing, " "), func() error {
		if err := apt(ctx, "update"); err != nil {
			return err
		}
		return apt(ctx, append([]string{"install", "-y", "--no-install-recommends"}, missing...)...)
	})
}

func apt(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "apt-get", append([]string{"-qq", "-o", "DPkg::Lock::Timeout=300"}, args...)...)
	// A package's service is not to be started: the cluster starts its own.
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("apt-get %s: %w\n%s", args[0], err, bytes.TrimSpace(out))
	}
	return nil
}
