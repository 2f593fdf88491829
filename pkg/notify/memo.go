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
func (m InMemos) Standing(ctx context.Context, connection string) (s Standing, err error) {
	value, ok, err := m.Memo(ctx, memoKey(connection))
	if err != nil || !ok {
		return s, err
	}
	if err := json.Unmarshal(value, &s); err != nil {
		return s, fmt.Errorf("reading what was told of %s: %w", connection, err)
	}
	return s, nil
}

// SaveStanding implements Memory.
func (m InMemos) SaveStanding(ctx context.Context, connection string, s Standing) error {
	value, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return m.SaveMemo(ctx, memoKey(connection), value, rememberFor)
}

func memoKey(connection string) string { return "notify/" + connection }
