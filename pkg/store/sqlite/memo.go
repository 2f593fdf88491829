package sqlite

import (
	"bytes"
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
	return s.write(ctx, fmt.Sprintf("save the memo %s", name), func(tx *sql.Tx) error {
		return s.saveMemo(ctx, tx, name, value, keep)
	})
}

func (s *Store) saveMemo(ctx context.Context, tx *sql.Tx, name string, value json.RawMessage, keep time.Duration) error {
	now := s.opts.Now()
	if _, err := tx.ExecContext(ctx, "DELETE FROM memos WHERE expires <= ?", now.UnixMilli()); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO memos (name, value, expires) VALUES (?, ?, ?)
		ON CONFLICT DO UPDATE SET value = excluded.value, expires = excluded.expires`,
		name, []byte(value), now.Add(keep).UnixMilli())
	return err
}

// SwapMemo keeps a memo if it is the one that is known, in one transaction; see
// store.Store.
func (s *Store) SwapMemo(ctx context.Context, name string, was, value json.RawMessage, keep time.Duration) (now json.RawMessage, ok bool, err error) {
	if err := rules.Swap(name, value, keep); err != nil {
		return nil, false, err
	}
	err = s.write(ctx, fmt.Sprintf("swap the memo %s", name), func(tx *sql.Tx) error {
		now, ok = nil, false
		err := tx.QueryRowContext(ctx, "SELECT value FROM memos WHERE name = ? AND expires > ?", name, s.opts.Now().UnixMilli()).Scan((*[]byte)(&now))
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if ok = bytes.Equal(now, was) || bytes.Equal(now, value); !ok {
			return nil
		}
		if now = value; value != nil {
			return s.saveMemo(ctx, tx, name, value, keep)
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM memos WHERE name = ?", name)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return now, ok, nil
}
