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

// SwapMemo keeps a memo if it is the one that is known, in one script; see
// store.Store.
func (s *Store) SwapMemo(ctx context.Context, name string, was, value json.RawMessage, keep time.Duration) (json.RawMessage, bool, error) {
	if err := rules.Swap(name, value, keep); err != nil {
		return nil, false, err
	}
	answer, err := swapMemoScript.Run(ctx, s.db, []string{s.keys.memo(name)}, []byte(was), []byte(value), keep.Milliseconds()).Slice()
	if err != nil {
		return nil, false, explain(ctx, fmt.Sprintf("swap the memo %s", name), err)
	}
	word, rest := split(answer)
	if word == answerOK {
		return value, true, nil
	}
	if now := first(rest); now != "" {
		return json.RawMessage(now), false, nil
	}
	return nil, false, nil
}
