package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"knelt.dev/connectors/internal/kit"
)

// checkPath tells in plain words what SQLite calls "unable to open database
// file" only.
func checkPath(path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return kit.ConfigError("path: %s is a folder: name a file in it", path)
	case err == nil && !info.Mode().IsRegular():
		return kit.ConfigError("path: %s is no regular file", path)
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return kit.ConfigError("path: %w", err)
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return kit.ConfigError("path: the folder %s does not exist or cannot be read: make it first", filepath.Dir(path))
	}
	return nil
}

// classed gives an error of SQLite its class, and words where its own are
// short. Others are system errors.
func classed(c config, err error) error {
	var cause *sqlite.Error
	var already *kit.Error
	if !errors.As(err, &cause) || errors.As(err, &already) {
		return err
	}
	switch cause.Code() & 0xff { // the rest is detail
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		wait := time.Duration(c.LockTimeoutMS) * time.Millisecond
		return kit.TransientError("%w: another program has been writing to the file for more than %s (lock_timeout_ms)", err, wait)
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH:
		return kit.ConfigError("%w: path must name an SQLite file, or none yet, in a folder that can be written to", err)
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR:
		return kit.SystemError("%w: the file could not be written; is its disk full?", err)
	case sqlite3.SQLITE_CORRUPT:
		return kit.SystemError("%w: put back a copy of the file", err)
	}
	return err
}

func isConstraint(err error) bool {
	var cause *sqlite.Error
	return errors.As(err, &cause) && cause.Code()&0xff == sqlite3.SQLITE_CONSTRAINT
}
