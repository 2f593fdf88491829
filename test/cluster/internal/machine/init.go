package machine

import (
	"fmt"
	"log"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Main is the first process of the machine. It returns only if the machine
// cannot be started.
func Main(name string) error {
	spec, err := readSpec(name)
	if err != nil {
		return err
	}
	if err := syscall.Sethostname([]byte(name)); err != nil {
		return fmt.Errorf("naming the machine: %w", err)
	}
	if err := mountAll(spec.Binds); err != nil {
		return err
	}
	log.Printf("machine %s is up", name)
	return supervise(spec)
}

// mountAll turns away from the mounts outside, and then lets pods see what is
// mounted in their volumes later. /run is empty, as it is after a boot: what
// containerd keeps there must not outlive its containers.
func mountAll(binds []Bind) error {
	steps := []struct {
		source, target, fstype string
		flags                  uintptr
	}{
		{"", "/", "", unix.MS_REC | unix.MS_PRIVATE},
		{"proc", "/proc", "proc", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC},
		{"tmpfs", "/run", "tmpfs", unix.MS_NOSUID | unix.MS_NODEV},
	}
	for _, s := range steps {
		if err := unix.Mount(s.source, s.target, s.fstype, s.flags, ""); err != nil {
			return fmt.Errorf("mounting %s: %w", s.target, err)
		}
	}
	for _, b := range binds {
		for _, dir := range []string{b.From, b.At} {
			if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // as /var/lib is
				return fmt.Errorf("making a folder to mount: %w", err)
			}
		}
		if err := unix.Mount(b.From, b.At, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return fmt.Errorf("mounting %s at %s: %w", b.From, b.At, err)
		}
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, ""); err != nil {
		return fmt.Errorf("sharing the machine's mounts with its pods: %w", err)
	}
	return nil
}
