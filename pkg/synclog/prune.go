package synclog

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"
)

// Prune removes old logs below logs (see Dir): of each connection all but the
// newest keep attempts, then the oldest of all until maxBytes are left. A keep or
// maxBytes of 0 is no limit. Logs that are being written stay. It gives the
// number of logs removed, also together with an error.
func Prune(logs string, keep int, maxBytes int64) (int, error) {
	all, err := attempts(logs)
	if err != nil {
		return 0, fmt.Errorf("pruning sync logs: %w", err)
	}
	removed := 0
	var failures []error
	for _, a := range surplus(all, keep, maxBytes) {
		if ok, err := a.remove(); err != nil {
			failures = append(failures, fmt.Errorf("pruning sync logs: %w", err))
		} else if ok {
			removed++
		}
	}
	return removed, errors.Join(failures...)
}

// attempt is the log of one attempt on disk.
type attempt struct {
	dir          string
	connection   string
	sync, number int64
	bytes        int64
	changed      time.Time
}

// attempts lists all logs, oldest first. Directories with other names are not
// ours and are left alone.
func attempts(logs string) ([]attempt, error) {
	var all []attempt
	_, namespaces, err := attemptsOf(logs, "")
	if err == nil {
		err = eachOf(logs, "", namespaces, func(path, name string) error {
			found, connections, err := attemptsOf(path, name)
			all = append(all, found...)
			return errors.Join(err, eachOf(path, name, connections, func(path, name string) error {
				found, _, err := attemptsOf(path, name)
				all = append(all, found...)
				return err
			}))
		})
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // nothing was ever logged
	}
	slices.SortFunc(all, func(a, b attempt) int {
		return cmp.Or(a.changed.Compare(b.changed), cmp.Compare(a.dir, b.dir))
	})
	return all, err
}

func eachOf(parent, prefix string, names []string, do func(path, name string) error) error {
	for _, name := range names {
		if err := do(filepath.Join(parent, name), path.Join(prefix, name)); err != nil {
			return err
		}
	}
	return nil
}

// attemptsOf lists the logs in a connection's directory, and the other
// directories there: of a namespace, its connections.
func attemptsOf(dir, connection string) (found []attempt, others []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		a := attempt{dir: filepath.Join(dir, e.Name()), connection: connection}
		if n, err := fmt.Sscanf(e.Name(), "%d-%d", &a.sync, &a.number); n != 2 || err != nil {
			others = append(others, e.Name())
			continue
		}
		switch is, err := a.measure(); {
		case err != nil:
			return nil, nil, err
		case is:
			found = append(found, a)
		default:
			others = append(others, e.Name())
		}
	}
	return found, others, nil
}

// measure is false for a directory of directories: that of a connection which
// has a name like an attempt's.
func (a *attempt) measure() (bool, error) {
	entries, err := os.ReadDir(a.dir)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		if e.IsDir() {
			return false, nil
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // a live log rotates
		}
		if err != nil {
			return false, err
		}
		a.bytes += info.Size()
		if info.ModTime().After(a.changed) {
			a.changed = info.ModTime()
		}
	}
	return true, nil
}

// surplus chooses what is to go.
func surplus(all []attempt, keep int, maxBytes int64) []attempt {
	var total int64
	for _, a := range all {
		total += a.bytes
	}
	newer := newerOf(all)
	var out, rest []attempt
	for _, a := range all {
		if keep > 0 && newer[a.dir] >= keep {
			out = append(out, a)
			total -= a.bytes
		} else {
			rest = append(rest, a)
		}
	}
	for _, a := range rest {
		if maxBytes <= 0 || total <= maxBytes {
			break
		}
		out = append(out, a)
		total -= a.bytes
	}
	return out
}

// newerOf counts, for each log, the later attempts of the same connection.
func newerOf(all []attempt) map[string]int {
	byOrder := slices.Clone(all)
	slices.SortFunc(byOrder, func(a, b attempt) int {
		return cmp.Or(cmp.Compare(b.sync, a.sync), cmp.Compare(b.number, a.number))
	})
	seen := map[string]int{}
	newer := map[string]int{}
	for _, a := range byOrder {
		newer[a.dir] = seen[a.connection]
		seen[a.connection]++
	}
	return newer
}

// remove deletes a log unless it is being written.
func (a *attempt) remove() (bool, error) {
	held, err := os.Open(a.dir)
	if err != nil {
		return false, err
	}
	defer func() { _ = held.Close() }() // opened for reading only
	if flock(held) != nil {
		return false, nil
	}
	return true, os.RemoveAll(a.dir)
}
