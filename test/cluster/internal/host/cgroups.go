package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"knelt.dev/test/cluster/internal/layout"
)

// MakeCgroups makes a node's group in each hierarchy. The kubelet makes those
// of its pods below it.
func MakeCgroups(node string) error {
	roots, err := filepath.Glob(filepath.Join(cgroups, "*", "cgroup.procs"))
	if err != nil {
		return fmt.Errorf("listing cgroups: %w", err)
	}
	for _, r := range roots {
		dir := filepath.Join(filepath.Dir(r), layout.Cgroup, node)
		if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // as those of the system
			return fmt.Errorf("making a cgroup: %w", err)
		}
		if err := inheritCPUs(filepath.Dir(dir), dir); err != nil {
			return err
		}
	}
	return nil
}

// inheritCPUs fills what is empty in new groups of the hierarchy cpuset, and
// without which no process can be put there.
func inheritCPUs(dirs ...string) error {
	for _, dir := range dirs {
		for _, name := range []string{"cpuset.cpus", "cpuset.mems"} {
			value, err := os.ReadFile(filepath.Join(filepath.Dir(dir), name))
			if errors.Is(err, fs.ErrNotExist) {
				continue // another hierarchy
			}
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, name), value, 0o600)
			}
			if err != nil {
				return fmt.Errorf("preparing a cgroup: %w", err)
			}
		}
	}
	return nil
}

// RemoveCgroups removes the cluster's groups, once their last processes are gone.
func RemoveCgroups() error {
	roots, err := filepath.Glob(filepath.Join(cgroups, "*", layout.Cgroup))
	if err != nil {
		return fmt.Errorf("listing cgroups: %w", err)
	}
	for range 50 {
		err = nil
		for _, root := range roots {
			err = errors.Join(err, removeTree(root))
		}
		if err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond) // a killed process stays a little
	}
	return fmt.Errorf("removing cgroups: %w", err)
}

// removeTree removes a group after those below it. The files in a group cannot
// be removed, and go with it.
func removeTree(root string) error {
	var dirs []string
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && d.IsDir() {
			dirs = append(dirs, p)
		}
		return err
	})
	for _, dir := range slices.Backward(dirs) {
		if removed := os.Remove(dir); removed != nil && !errors.Is(removed, fs.ErrNotExist) {
			err = errors.Join(err, removed)
		}
	}
	return err
}
