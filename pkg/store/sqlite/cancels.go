package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"knelt.dev/pkg/store/internal/rules"
)

// AskCancel keeps the wish that a sync may end; see store.Cancels.
func (s *Store) AskCancel(ctx context.Context, connection string, sync int64, keep time.Duration) error {
	if err := rules.Cancel(connection, sync, keep); err != nil {
		return err
	}
	now := s.opts.Now()
	return s.write(ctx, fmt.Sprintf("ask for the end of sync %d of connection %q", sync, connection), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO cancels (connection, sync, expires) VALUES (?, ?, ?)
			ON CONFLICT DO UPDATE SET sync = excluded.sync, expires = excluded.expires`,
			connection, sync, now.Add(keep).UnixMilli())
		return err
	})
}

// CancelAsked reads the wish; see store.Cancels.
func (s *Store) CancelAsked(ctx context.Context, connection string) (sync int64, ok bool, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT sync FROM cancels WHERE connection = ? AND expires > ?",
		connection, s.opts.Now().UnixMilli()).Scan(&sync)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, s.explain(fmt.Sprintf("read whether the end of a sync of connection %q was asked for", connection), err)
	}
	return sync, true, nil
}
