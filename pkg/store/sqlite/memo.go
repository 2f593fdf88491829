package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"knelt.dev/pkg/store/internal/rules"
)

// Memo reads a memo; see store.Store.
func (s *Store) Memo(ctx context.Context, name string) (json.RawMessage, bool, error) {
	var value []byte
	err := s.db.QueryRowContext(ctx, "SELECT value FROM memos WHERE name = ? AND expires > ?",
		name, s.opts.Now().UnixMilli()).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, s.explain(fmt.Sprintf("read the memo %s", name), err)
	}
	return value, true, nil
}

// SaveMemo keeps a memo, and drops those whose time has come; see store.Store.
func (s *Store) SaveMemo(ctx context.Context, name string, value json.RawMessage, keep time.Duration) error {
	if err := rules.Memo(name, value, keep); err != nil {
		return err
	}
	now := s.opts.Now()
	return s.write(ctx, fmt.Sprintf("save the memo %s", name), func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM memos WHERE expires <= ?", now.UnixMilli()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO memos (name, value, expires) VALUES (?, ?, ?)
			ON CONFLICT DO UPDATE SET value = excluded.value, expires = excluded.expires`,
			name, []byte(value), now.Add(keep).UnixMilli())
		return err
	})
}
