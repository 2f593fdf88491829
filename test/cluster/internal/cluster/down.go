package cluster

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"knelt.dev/test/cluster/internal/host"
	"knelt.dev/test/cluster/internal/layout"
	"knelt.dev/test/cluster/internal/machine"
	"knelt.dev/test/cluster/internal/netns"
)

// Down removes all of a cluster, whatever is left of it. Built programs stay in
// the cache.
func Down() error {
	if os.Geteuid() != 0 {
		return errors.New("a cluster is root's: only root can take it down")
	}
	unlock, err := lock()
	if err != nil {
		return err
	}
	defer unlock()
	var failed []error
	for _, m := range layout.Machines() {
		failed = append(failed, machine.Kill(m)) // and with it all mounts of its namespace
	}
	failed = append(failed, host.KillAll(), netns.Down(), host.RemoveCgroups())
	if err := errors.Join(failed...); err != nil {
		return err // the folder says what was running
	}
	if err := os.RemoveAll(layout.State); err != nil {
		return fmt.Errorf("removing the cluster's folder: %w", err)
	}
	// A place for mounts; a kubelet of this computer's own would have files in it.
	if err := unix.Rmdir("/var/lib/kubelet"); err != nil && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ENOTEMPTY) {
		return fmt.Errorf("removing /var/lib/kubelet: %w", err)
	}
	return nil
}
