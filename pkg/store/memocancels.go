package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Memos is the part of a Store that keeps memos.
type Memos interface {
	Memo(ctx context.Context, name string) (value json.RawMessage, ok bool, err error)
	SaveMemo(ctx context.Context, name string, value json.RawMessage, keep time.Duration) error
}

// MemoCancels keeps the wish that a running sync ends, for whichever process runs
// it, among a store's memos. It needs no lease: who runs the sync asks for it
// whenever it renews its own.
type MemoCancels struct{ Memos }

func cancelMemo(connection string) string { return "cancel/" + connection }

// AskCancel wishes that a sync of a connection ends, for that long (at least
// 1ms). There is one wish a connection: the last one.
func (c MemoCancels) AskCancel(ctx context.Context, connection string, sync int64, keep time.Duration) error {
	return c.SaveMemo(ctx, cancelMemo(connection), json.RawMessage(strconv.FormatInt(sync, 10)), keep)
}

// CancelAsked tells which sync of a connection is to end; ok is false if none
// is.
func (c MemoCancels) CancelAsked(ctx context.Context, connection string) (sync int64, ok bool, err error) {
	value, ok, err := c.Memo(ctx, cancelMemo(connection))
	if err != nil || !ok {
		return 0, false, err
	}
	sync, err = strconv.ParseInt(string(value), 10, 64)
	if err != nil {
		return 0, false, fmt.Errorf("the wish to cancel a sync of %q is no number: %w", connection, err)
	}
	return sync, true, nil
}
