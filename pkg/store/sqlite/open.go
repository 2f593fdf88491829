package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Open opens the store in the file path, and makes it, with its folder, when it
// is missing. The files are readable by their owner alone, whatever the umask,
// because configs hold secrets; so is a folder that Open makes, while one that
// exists is left as it is.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	if err := prepare(path); err != nil {
		return nil, fmt.Errorf("open the store %s: %w", path, err)
	}
	o = o.withDefaults()
	db, err := sql.Open("sqlite", dsn(path, o))
	if err != nil {
		return nil, fmt.Errorf("open the store %s: %w", path, err)
	}
	// Idle connections stay: closing the last one would end the WAL, and the
	// next would have to make it anew.
	db.SetMaxOpenConns(4)
	db.SetMaxIdleConns(4)
	s := &Store{db: db, path: path, opts: o, writer: make(chan struct{}, 1)}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(s.explain("open", err), db.Close())
	}
	return s, nil
}

// start tries again while other processes are in the way: SQLite does not wait
// by itself when one changes to WAL, recovers it, or closes the last connection.
func (s *Store) start(ctx context.Context) error {
	deadline := time.Now().Add(s.opts.BusyTimeout)
	for {
		err := s.migrate(ctx)
		if !isBusy(err) || time.Now().After(deadline) || ctx.Err() != nil {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// dsn has busy_timeout first, for it must hold already when journal_mode asks
// for a lock.
func dsn(path string, o Options) string {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", o.BusyTimeout.Milliseconds()),
		"journal_mode(WAL)",
		"synchronous(FULL)",
		"journal_size_limit(67108864)",
		"trusted_schema(OFF)",
	}}
	q["_pragma"] = append(q["_pragma"], o.pragmas...)
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

// preparing keeps a second Open of this process from using the file while the
// first still has its own descriptor of it: closing that would drop the locks.
var preparing sync.Mutex

// prepare makes the folder and an empty file with the right modes. SQLite gives
// the mode of the file to the -wal and -shm files it makes; those of a store
// that was copied or restored with wider modes are narrowed here.
func prepare(path string) error {
	preparing.Lock()
	defer preparing.Unlock()
	if err := mkdir(filepath.Dir(path)); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err == nil {
		err = errors.Join(f.Close(), os.Chmod(path, 0o600)) // the umask may have taken bits away
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		if err := narrow(name); err != nil {
			return err
		}
	}
	return nil
}

// mkdir makes what is missing of a folder. A folder that another process makes
// meanwhile has the same mode.
func mkdir(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.Chmod(dir, 0o700) //nolint:gosec // a folder needs the execute bit
}

// narrow makes a file 0600. What only its owner can read already, such as a
// file made read-only on purpose, stays as it is; other processes may remove
// the -wal and -shm files at any moment.
func narrow(name string) error {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", name)
	}
	mode := info.Mode().Perm()
	if mode&0o077 == 0 && mode&0o400 != 0 {
		return nil
	}
	err = os.Chmod(name, mode&0o600|0o400)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return fmt.Errorf("others can read it, and it cannot be made private: %w", err)
}
