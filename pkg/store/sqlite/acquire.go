package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/internal/rules"
)

// How a lease stands, in connections.ended.
const (
	held       = 0
	released   = 1
	handedOver = 2
)

// row is a connection's lease as the file has it.
type row struct {
	epoch   int64
	holder  string
	expires int64
	ended   int
	sync    int64
}

func (r row) live(now time.Time) bool {
	return r.ended == held && r.expires > now.UnixMilli()
}

func (r row) info() store.LeaseInfo {
	return store.LeaseInfo{
		Holder: r.holder, Epoch: r.epoch, SyncID: r.sync,
		Expires: time.UnixMilli(r.expires).UTC(), HandedOver: r.ended == handedOver,
	}
}

// readRow gives a zero row for a connection that never had a lease.
func readRow(ctx context.Context, q querier, connection string) (r row, err error) {
	err = q.QueryRowContext(ctx, "SELECT epoch, holder, expires, ended, sync FROM connections WHERE name = ?", connection).
		Scan(&r.epoch, &r.holder, &r.expires, &r.ended, &r.sync)
	if errors.Is(err, sql.ErrNoRows) {
		return row{ended: released}, nil
	}
	return r, err
}

// Acquire takes the lease; see store.Store.
func (s *Store) Acquire(ctx context.Context, connection, holder string, ttl time.Duration) (store.Lease, error) {
	if err := rules.Acquire(connection, holder, ttl); err != nil {
		return nil, err
	}
	l := &lease{s: s, connection: connection}
	l.deadline.Store(new(s.opts.Now().Add(ttl)))
	op := fmt.Sprintf("acquire the lease of connection %q", connection)
	err := s.write(ctx, op, func(tx *sql.Tx) error {
		now := s.opts.Now()
		r, err := readRow(ctx, tx, connection)
		if err != nil {
			return err
		}
		if r.live(now) && s.opts.Alive(r.holder) {
			return &store.HeldError{Connection: connection, Info: r.info()}
		}
		l.epoch = r.epoch + 1
		_, err = tx.ExecContext(ctx, `INSERT INTO connections (name, epoch, holder, expires) VALUES (?1, ?2, ?3, ?4)
			ON CONFLICT DO UPDATE SET epoch = ?2, holder = ?3, expires = ?4, ended = 0, sync = 0`,
			connection, l.epoch, holder, now.Add(ttl).UnixMilli())
		return err
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// LeaseOf reads the lease; see store.Store.
func (s *Store) LeaseOf(ctx context.Context, connection string) (store.LeaseInfo, bool, error) {
	r, err := readRow(ctx, s.db, connection)
	if err != nil {
		return store.LeaseInfo{}, false, s.explain(fmt.Sprintf("read the lease of connection %q", connection), err)
	}
	if r.ended == released || r.expires <= s.opts.Now().UnixMilli() {
		return store.LeaseInfo{}, false, nil
	}
	return r.info(), true, nil
}
