package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// unlockedAge is how old a directory without a lock must be before it counts as
// dead: an engine makes the lock right after the directory.
const unlockedAge = time.Minute

// Sweep clears up after engines that died: it ends what is left of their
// connectors and removes their directories, secrets and all. An engine calls it
// when it starts; several may at once, and runs of live ones are left alone. It
// returns how many directories it removed, and an error for those it could not.
func (r *Runtime) Sweep() (int, error) {
	root, err := filepath.Abs(r.root)
	if err != nil {
		return 0, fmt.Errorf("sweeping the directory for runs: %w", err)
	}
	entries, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("sweeping the directory for runs: %w", err)
	}
	removed, failed := 0, []error(nil)
	for _, entry := range entries {
		if !entry.IsDir() || !strings.HasPrefix(entry.Name(), dirPrefix) {
			continue
		}
		done, err := sweep(filepath.Join(root, entry.Name()))
		if err != nil {
			failed = append(failed, fmt.Errorf("sweeping run %s: %w", entry.Name(), err))
		} else if done {
			removed++
		}
	}
	return removed, errors.Join(failed...)
}

// sweep removes the run at path if its engine is dead.
func sweep(path string) (bool, error) {
	lock, err := lockDir(path, 0)
	switch {
	case errors.Is(err, errBusy):
		return false, nil
	case errors.Is(err, fs.ErrNotExist):
		return sweepUnlocked(path)
	case err != nil:
		return false, err
	}
	dir := &runDir{path: path, lock: lock}
	o, err := dir.readOwner()
	if err == nil && o.alive() {
		// A file system without working locks.
		return false, lock.Close()
	}
	if err == nil && o.Child != nil && o.here() {
		killLeftBehind(*o.Child, dir.mark())
	}
	// A broken owner file is no reason to leave secrets.
	if err := dir.remove(); err != nil {
		return false, err
	}
	return true, nil
}

// sweepUnlocked removes a directory whose engine died before it made the lock.
func sweepUnlocked(path string) (bool, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil || time.Since(info.ModTime()) < unlockedAge {
		return false, err
	}
	if err := os.RemoveAll(path); err != nil {
		return false, err
	}
	return true, nil
}
