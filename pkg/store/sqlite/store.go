// Package sqlite keeps Knelt's store in one SQLite file: the embedded store of
// one machine. Several processes may have it open at once; a kill at any moment
// loses nothing that was acknowledged (WAL, synchronous=FULL).
//
// Leases expire by the wall clock, because it is the only clock that processes
// share and that goes on through a reboot. A wall clock that is set can make a
// lease end early or late, never make two holders able to write: that rests on
// the epoch, which is compared inside every transaction.
//
// Do not put the file on a network share: SQLite's locks and shared memory work
// on one machine only. While a process has the store open, nothing else in it
// may open and close the file itself: POSIX drops all of a process's locks on a
// file when any descriptor of it is closed.
package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/internal/rules"
)

// Options of a store. The zero value is what a laptop wants, but for Alive.
type Options struct {
	// Alive tells whether a lease holder may still live on this machine. When it
	// says no, Acquire takes the lease before it expires, so that a killed
	// engine does not block the next one. Usually store.ProcessAlive, with
	// store.ProcessHolder as the holders; nil: leases end by expiry alone.
	Alive func(holder string) bool
	// History is how many sync records of a connection are kept (default 100).
	History int
	// BusyTimeout is how long an operation waits for other processes (default
	// 10s), after which it fails with store.ErrUnavailable.
	BusyTimeout time.Duration
	// Now is the clock, the same in all processes (default time.Now).
	Now func() time.Time

	// pragmas are run on every connection; tests make a full disk with them.
	pragmas []string
}

func (o Options) withDefaults() Options {
	if o.Alive == nil {
		o.Alive = func(string) bool { return true }
	}
	if o.History <= 0 {
		o.History = rules.DefaultHistory
	}
	if o.BusyTimeout <= 0 {
		o.BusyTimeout = 10 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Store is a store.Store in a file.
type Store struct {
	db   *sql.DB
	path string
	opts Options
	// writer lets this process's writers queue fairly, where SQLite would let
	// them poll for the lock.
	writer chan struct{}
}

var _ store.Store = (*Store)(nil)

// Close closes the file. Leases of this store can no longer be used.
func (s *Store) Close() error { return s.explain("close", s.db.Close()) }

// write runs f in one transaction that holds the write lock from its start, so
// that what f reads stays true until it commits. Nothing is kept if f or the
// commit fails.
func (s *Store) write(ctx context.Context, op string, f func(tx *sql.Tx) error) error {
	select {
	case s.writer <- struct{}{}:
		defer func() { <-s.writer }()
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", op, ctx.Err())
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return s.explain(op, err)
	}
	if err := f(tx); err != nil {
		// SQLite rolls back by itself on some errors; a second time is refused,
		// and the first error is the one that tells.
		_ = tx.Rollback()
		return s.explain(op, err)
	}
	return s.explain(op, tx.Commit())
}

// each runs a query and calls scan for each row.
func (s *Store) each(ctx context.Context, op, query string, args []any, scan func(*sql.Rows) error) error {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return s.explain(op, err)
	}
	defer rows.Close() //nolint:errcheck // Err below tells what went wrong
	for rows.Next() {
		if err := scan(rows); err != nil {
			return s.explain(op, err)
		}
	}
	return s.explain(op, rows.Err())
}
