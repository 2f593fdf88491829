package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Memos is a store of small values, such as pkg/store's.
type Memos interface {
	Memo(ctx context.Context, key string) (json.RawMessage, bool, error)
	SwapMemo(ctx context.Context, key string, was, value json.RawMessage, keep time.Duration) (now json.RawMessage, ok bool, err error)
}

// rememberFor is how long a connection that is not synced keeps its standing.
const rememberFor = 90 * 24 * time.Hour

// InMemos is a Memory in a store. Memos are kept as long as there is room for them:
// with one that is gone, a failure is told once more.
type InMemos struct{ Memos }

// Standing implements Memory.
func (m InMemos) Standing(ctx context.Context, t Topic, connection string) (s Standing, err error) {
	return s, m.read(ctx, standingKey(t, connection), &s)
}

// ChangeStanding implements Memory.
func (m InMemos) ChangeStanding(ctx context.Context, t Topic, connection string, change func(Standing) (Standing, bool)) error {
	return swap(ctx, m, standingKey(t, connection), change)
}

// Told implements Memory.
func (m InMemos) Told(ctx context.Context, connection string) (ids []string, err error) {
	return ids, m.read(ctx, toldKey(connection), &ids)
}

// ChangeTold implements Memory.
func (m InMemos) ChangeTold(ctx context.Context, connection string, change func([]string) ([]string, bool)) error {
	return swap(ctx, m, toldKey(connection), change)
}

func (m InMemos) read(ctx context.Context, key string, into any) error {
	value, _, err := m.Memo(ctx, key)
	if err != nil {
		return err
	}
	return decode(key, value, into)
}

// decode reads what is kept under a key, if anything is.
func decode(key string, value json.RawMessage, into any) error {
	if value == nil {
		return nil
	}
	if err := json.Unmarshal(value, into); err != nil {
		return fmt.Errorf("reading the memo %s: %w", key, err)
	}
	return nil
}

// swap changes a memo, from what it is when nobody else changes it meanwhile.
func swap[T any](ctx context.Context, m InMemos, key string, change func(T) (T, bool)) error {
	was, _, err := m.Memo(ctx, key)
	for err == nil {
		var value T
		if err := decode(key, was, &value); err != nil {
			return err
		}
		now, changed := change(value)
		if !changed {
			return nil
		}
		text, err := json.Marshal(now)
		if err != nil {
			return err
		}
		var done bool
		if was, done, err = m.SwapMemo(ctx, key, was, text, rememberFor); err != nil || done {
			return err
		}
	}
	return err
}

func standingKey(t Topic, connection string) string {
	return "notify/" + string(t) + "/" + connection
}

func toldKey(connection string) string { return "notify/told/" + connection }
