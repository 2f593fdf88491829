package redis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"knelt.dev/pkg/store/internal/rules"
)

// Memo reads a memo; see store.Store.
func (s *Store) Memo(ctx context.Context, name string) (json.RawMessage, bool, error) {
	value, err := s.db.Get(ctx, s.keys.memo(name)).Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, explain(ctx, fmt.Sprintf("read the memo %s", name), err)
	}
	return value, true, nil
}

// SaveMemo keeps a memo; see store.Store.
func (s *Store) SaveMemo(ctx context.Context, name string, value json.RawMessage, keep time.Duration) error {
	if err := rules.Memo(name, value, keep); err != nil {
		return err
	}
	err := s.db.Set(ctx, s.keys.memo(name), []byte(value), keep.Truncate(time.Millisecond)).Err()
	return explain(ctx, fmt.Sprintf("save the memo %s", name), err)
}
