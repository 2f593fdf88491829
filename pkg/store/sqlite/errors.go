package sqlite

import (
	"context"
	"errors"
	"fmt"

	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"knelt.dev/pkg/store"
)

// explain turns SQLite's codes into sentences that name the file and say what
// to do. Other errors pass with op before them.
func (s *Store) explain(op string, err error) error {
	var e *driver.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w", op, err)
	case !errors.As(err, &e):
		return fmt.Errorf("%s: %w", op, err)
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("%s: %w: %s has been locked by another process for %s: end what keeps it open for writing, then try again (%w)",
			op, store.ErrUnavailable, s.path, s.opts.BusyTimeout, err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("%s: %w: no room left to write %s: free some space on its disk, then try again; nothing of this write was kept (%w)",
			op, store.ErrUnavailable, s.path, err)
	case sqlite3.SQLITE_IOERR:
		return fmt.Errorf("%s: %w: the disk of %s failed or has no room: look at the system's log and at the free space, then try again; nothing of this write was kept (%w)",
			op, store.ErrUnavailable, s.path, err)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return fmt.Errorf("%s: %s is read-only: give this user the right to write to the file and its folder (%w)", op, s.path, err)
	case sqlite3.SQLITE_CANTOPEN:
		return fmt.Errorf("%s: %s cannot be opened: it needs a file and a folder that this user may read and write (%w)", op, s.path, err)
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%s: %s is damaged or not a SQLite file: put back a copy of it, or move it away with its -wal and -shm files to begin with an empty store, from which every sync starts anew (%w)",
			op, s.path, err)
	}
	return fmt.Errorf("%s: %s: %w", op, s.path, err)
}

func isBusy(err error) bool {
	var e *driver.Error
	return errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_BUSY || e.Code()&0xff == sqlite3.SQLITE_LOCKED)
}
