//go:build linux

package launcher

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"knelt.dev/bridge/podfiles"
)

// readOnlyFailed is the exit code of a helper that may not do what it has to.
const readOnlyFailed = 98

// readOnlyRoot executes a program, args[0], where nothing but dir can be written
// to. It has mounts of its own.
func readOnlyRoot(dir string, args []string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("taking the mounts: %w", err)
	}
	if err := unix.Mount(dir, dir, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("binding %s: %w", dir, err)
	}
	if err := unix.MountSetattr(unix.AT_FDCWD, "/", unix.AT_RECURSIVE, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}); err != nil {
		return fmt.Errorf("making all read-only: %w", err)
	}
	if err := unix.MountSetattr(unix.AT_FDCWD, dir, 0, &unix.MountAttr{Attr_clr: unix.MOUNT_ATTR_RDONLY}); err != nil {
		return fmt.Errorf("making %s writable: %w", dir, err)
	}
	path := args[0]
	if path == asLauncher {
		path = "/proc/self/exe"
	}
	return syscall.Exec(path, args, os.Environ())
}

// container gives a process mounts and process numbers of its own, with the
// rights over the mounts that an ordinary user may have there.
func container() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID}
	if os.Getuid() != 0 {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	return attr
}

// contained makes the pod's launcher PID 1 on a read-only root, and tells
// whether that is permitted here.
func (p *pod) contained() bool {
	try := &exec.Cmd{Path: self(p.t), Args: []string{asReadOnly, string(p.dir), "/bin/true"}, SysProcAttr: container()}
	if out, err := try.CombinedOutput(); err != nil {
		p.t.Logf("no containers here (%v, %s): an ordinary process is tested", err, out)
		return false
	}
	p.attr = container()
	return true
}

// TestAsPID1OnAReadOnlyRoot: as in a hardened container. The machine's /proc says
// nothing true to it.
func TestAsPID1OnAReadOnlyRoot(t *testing.T) {
	t.Parallel()
	const script = `pid=$PPID
for d in . / /tmp /var/tmp /dev/shm; do (: >$d/knelt-x) 2>&- && rm $d/knelt-x && echo "wrote to $d"; done
i=0; while [ $i -lt 50 ]; do (setsid sleep 0.2 &); i=$((i+1)); done
setsid sleep 120 &
echo ready under $pid
read line
exit 9`
	p := newPod(t)
	before := entries(t, ".")
	args := append([]string{asLauncher, "-dir", string(p.dir)}, p.flags...)
	args = append(args, "--", "/bin/sh", "-c", script)
	contained := p.contained()
	if contained {
		args = append([]string{asReadOnly, string(p.dir)}, args...)
	}
	p.launchAs(args)
	p.start()
	line := p.line()
	for ; !contained && strings.HasPrefix(line, "wrote to "); line = p.line() {
		// An ordinary process may; only the launcher may not.
	}
	want := fmt.Sprint("ready under ", p.cmd.Process.Pid)
	if contained {
		want = "ready under 1"
	}
	if line != want {
		t.Errorf("got %q, want %q", line, want)
	}
	all := descendants(p.cmd.Process.Pid)
	if len(all) < 2 {
		t.Errorf("%d processes", len(all))
	}
	if err := p.streams.Stdin.Close(); err != nil {
		t.Error(err)
	}
	p.rest()
	if exit := p.end(); exit != (podfiles.Exit{Code: 9, LeftOver: true}) {
		t.Errorf("got %+v; the launcher said: %s", exit, p.log.String())
	}
	mustEnd(t, all)
	if after := entries(t, "."); after != before {
		t.Errorf("the directory it was started in had %s, now %s", before, after)
	}
	if got := entries(t, string(p.dir)); got != "exit.json files launcher.alive sidecar.alive sidecar.started start.json stderr stdin stdout" {
		t.Errorf("the pod's directory has %s", got)
	}
}

func entries(t *testing.T, dir string) string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range list {
		names = append(names, entry.Name())
	}
	return strings.Join(names, " ")
}
