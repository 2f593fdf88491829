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
	SaveMemo(ctx context.Context, key string, value json.RawMessage, keep time.Duration) error
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

// SaveStanding implements Memory.
func (m InMemos) SaveStanding(ctx context.Context, t Topic, connection string, s Standing) error {
	return m.write(ctx, standingKey(t, connection), s)
}

// Told implements Memory.
func (m InMemos) Told(ctx context.Context, connection string) (ids []string, err error) {
	return ids, m.read(ctx, toldKey(connection), &ids)
}

// SaveTold implements Memory.
func (m InMemos) SaveTold(ctx context.Context, connection string, ids []string) error {
	return m.write(ctx, toldKey(connection), ids)
}

func (m InMemos) read(ctx context.Context, key string, into any) error {
	value, ok, err := m.Memo(ctx, key)
	if err != nil || !ok {
		return err
	}
	if err := json.Unmarshal(value, into); err != nil {
		return fmt.Errorf("reading the memo %s: %w", key, err)
	}
	return nil
}

func (m InMemos) write(ctx context.Context, key string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return m.SaveMemo(ctx, key, text, rememberFor)
}

func standingKey(t Topic, connection string) string {
	return "notify/" + string(t) + "/" + connection
}

func toldKey(connection string) string { return "notify/told/" + connection }
