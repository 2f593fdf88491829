package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
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
	case errors.Is(err, fs.ErrNotExist):
		return kit.ConfigError("path: there is no file %s", path)
	case err != nil:
		return kit.ConfigError("path: %w", err)
	case !info.Mode().IsRegular():
		return kit.ConfigError("path: %s is no regular file", path)
	}
	return nil
}

// classed gives an error of SQLite its class, and words where its own are
// short. Others are system errors. What a signal stopped is no failure of a
// stream.
func classed(ctx context.Context, c config, err error) error {
	var cause *sqlite.Error
	var already *kit.Error
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return kit.ErrTerminated
	case !errors.As(err, &cause) || errors.As(err, &already):
		return err
	}
	switch cause.Code() & 0xff { // the rest is detail
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		wait := time.Duration(c.LockTimeoutMS) * time.Millisecond
		return kit.TransientError("%w: another program has locked the file for more than %s (lock_timeout_ms)", err, wait)
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH:
		return kit.ConfigError("%w: path must name an SQLite file that can be read", err)
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
		return kit.ConfigError("%w: path must name an SQLite file that can be read; the folder of a file in WAL mode must be writable, too", err)
	case sqlite3.SQLITE_CORRUPT:
		return kit.SystemError("%w: the file is damaged: put back a copy of it", err)
	}
	return err
}
