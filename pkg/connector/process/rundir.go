package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"knelt.dev/pkg/connector"
)

// dirPrefix begins the name of every run's directory under the root.
const dirPrefix = "run-"

// The files in a run's directory beside the connector's own.
const (
	lockFile  = "lock"
	ownerFile = "owner.json"
)

// runDir is the private directory of one run. The lock in it is held as long as
// its engine lives: the kernel gives it back however the engine ends, so that
// Sweep never takes a live run for a dead one. Lock and owner are there before
// any secret is.
type runDir struct {
	path string // absolute
	lock *os.File
}

// makeRunDir makes a directory under root and takes its lock.
func makeRunDir(root string) (*runDir, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("the directory for runs: %w", err)
	}
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, fmt.Errorf("making the directory for runs: %w", err)
	}
	for {
		path, err := os.MkdirTemp(root, dirPrefix)
		if err != nil {
			return nil, fmt.Errorf("making the private directory of a run: %w", err)
		}
		dir, err := claim(path)
		if !errors.Is(err, errBusy) && !errors.Is(err, fs.ErrNotExist) {
			return dir, err
		}
		// A Sweep of another engine came between: it removes what has no lock.
	}
}

// claim takes the lock of a new directory and writes down who has it.
func claim(path string) (*runDir, error) {
	lock, err := lockDir(path, os.O_CREATE)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	dir := &runDir{path: path, lock: lock}
	if err := dir.writeOwner(owner{process: self()}); err != nil {
		return nil, errors.Join(err, dir.remove())
	}
	return dir, nil
}

// errBusy tells that another process holds a directory's lock.
var errBusy = errors.New("locked by another engine")

// lockDir takes the lock of the directory at path, or fails with errBusy, or
// with fs.ErrNotExist if there is no lock file (any more).
func lockDir(path string, flag int) (*os.File, error) {
	name := filepath.Join(path, lockFile)
	lock, err := os.OpenFile(name, os.O_RDWR|flag, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the lock of a run: %w", err)
	}
	err = unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = errBusy
	}
	if err == nil {
		err = sameFile(lock, name)
	}
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", name, errors.Join(err, lock.Close()))
	}
	return lock, nil
}

// sameFile makes sure that the locked file is still the one at name: between
// opening and locking it a Sweep may have removed it.
func sameFile(lock *os.File, name string) error {
	locked, err := lock.Stat()
	if err != nil {
		return err
	}
	named, err := os.Stat(name)
	if err == nil && !os.SameFile(locked, named) {
		err = fs.ErrNotExist
	}
	return err
}

// mark is the value of the variable that all processes of the run carry.
func (d *runDir) mark() string { return filepath.Base(d.path) }

// writeFiles writes the files of inv and returns the arguments that name them.
func (d *runDir) writeFiles(inv connector.Invocation) ([]string, error) {
	args := []string{string(inv.Command)}
	for _, file := range []struct {
		flag, name string
		content    []byte
	}{
		{"--config", "config.json", inv.Config},
		{"--catalog", "catalog.json", inv.Catalog},
		{"--state", "state.json", inv.State},
	} {
		if file.content == nil {
			continue
		}
		path := filepath.Join(d.path, file.name)
		if err := os.WriteFile(path, file.content, 0o600); err != nil {
			return nil, fmt.Errorf("writing the %s file of %s: %w", file.flag[2:], inv.Command, err)
		}
		args = append(args, file.flag, path)
	}
	return args, nil
}

// removeTries bounds how often removing is tried while a dying process may
// still be writing into the directory.
const removeTries = 5

// remove removes the directory and gives the lock back. The lock and the owner go
// last: an engine that is killed in the middle then leaves what the next Sweep
// knows to be dead at once, never a secret in a directory without a lock.
func (d *runDir) remove() error {
	var err error
	for try := range removeTries {
		time.Sleep(time.Duration(try) * 20 * time.Millisecond)
		if err = d.removeFiles(); err == nil {
			err = os.RemoveAll(d.path)
		}
		if err == nil {
			break
		}
		makeWritable(d.path)
	}
	return errors.Join(err, d.lock.Close())
}

// removeFiles removes all but the lock and the owner.
func (d *runDir) removeFiles() error {
	entries, err := os.ReadDir(d.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, entry := range entries {
		if name := entry.Name(); name != lockFile && name != ownerFile {
			err = errors.Join(err, os.RemoveAll(filepath.Join(d.path, name)))
		}
	}
	return err
}

// makeWritable undoes what a connector may have done to directories of its own
// in there. What it cannot change, the next try to remove reports.
func makeWritable(root string) {
	_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if entry == nil || !entry.IsDir() {
			return nil
		}
		if err != nil {
			return fs.SkipDir
		}
		_ = os.Chmod(path, 0o700) //nolint:gosec // G302: a directory cannot be entered without x
		return nil
	})
}
