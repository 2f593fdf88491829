package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"
	"time"

	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/internal/rules"
)

type lease struct {
	s          *Store
	connection string
	epoch      int64
	// deadline is the end by this process's monotonic clock, counted from before
	// the lease was asked for. It ends the lease in time even when the wall
	// clock was set back meanwhile.
	deadline atomic.Pointer[time.Time]
}

func (l *lease) Connection() string { return l.connection }

func (l *lease) Epoch() int64 { return l.epoch }

// write is a transaction that only takes place while the lease lives.
func (l *lease) write(ctx context.Context, op string, f func(tx *sql.Tx) error) error {
	op = fmt.Sprintf("%s of connection %q (lease epoch %d)", op, l.connection, l.epoch)
	return l.s.write(ctx, op, func(tx *sql.Tx) error {
		r, err := readRow(ctx, tx, l.connection)
		if err != nil {
			return err
		}
		now := l.s.opts.Now()
		if r.epoch != l.epoch || !r.live(now) || !now.Before(*l.deadline.Load()) {
			return store.ErrFenced
		}
		return f(tx)
	})
}

func (l *lease) Renew(ctx context.Context, ttl time.Duration) error {
	if err := rules.TTL(ttl); err != nil {
		return err
	}
	deadline := l.s.opts.Now().Add(ttl)
	err := l.write(ctx, "renew the lease", func(tx *sql.Tx) error {
		return l.end(ctx, tx, held, l.s.opts.Now().Add(ttl))
	})
	if err == nil {
		l.deadline.Store(&deadline)
	}
	return err
}

func (l *lease) Release(ctx context.Context) error {
	return l.write(ctx, "release the lease", func(tx *sql.Tx) error {
		return l.end(ctx, tx, released, l.s.opts.Now())
	})
}

func (l *lease) HandOver(ctx context.Context, ttl time.Duration) error {
	if err := rules.TTL(ttl); err != nil {
		return err
	}
	return l.write(ctx, "hand over the lease", func(tx *sql.Tx) error {
		return l.end(ctx, tx, handedOver, l.s.opts.Now().Add(ttl))
	})
}

// end sets how the lease stands and until when.
func (l *lease) end(ctx context.Context, tx *sql.Tx, how int, expires time.Time) error {
	_, err := tx.ExecContext(ctx, "UPDATE connections SET ended = ?, expires = ? WHERE name = ?",
		how, expires.UnixMilli(), l.connection)
	return err
}
