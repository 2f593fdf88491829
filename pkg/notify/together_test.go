package notify_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"knelt.dev/events"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/notify"
	"knelt.dev/pkg/store/sqlite"
)

// together is a store that answers nobody before all have asked for the first time.
type together struct {
	notify.Memos
	asked sync.WaitGroup
}

func (m *together) Memo(ctx context.Context, key string) (json.RawMessage, bool, error) {
	value, ok, err := m.Memos.Memo(ctx, key)
	if first, _ := ctx.Value(asking{}).(*sync.Once); first != nil {
		first.Do(m.asked.Done)
		m.asked.Wait()
	}
	return value, ok, err
}

// asking is the key of what a context has until its owner has asked.
type asking struct{}

// TestNothingThatSeveralLearnAtOnceIsLost, in a real store: processes share no more
// than that.
func TestNothingThatSeveralLearnAtOnceIsLost(t *testing.T) {
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "store.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close() //nolint:errcheck // the test is over
	const each = 5      // as many as a topic keeps
	memos := &together{Memos: store}
	memos.asked.Add(2 * each)
	memory := notify.InMemos{Memos: memos}
	asks := func() context.Context { return context.WithValue(t.Context(), asking{}, new(sync.Once)) }
	var all sync.WaitGroup
	failures := make([]error, 2*each)
	for i := range each {
		handler := &notify.Handler{Memory: memory, Courier: &notify.Courier{}}
		change := &events.SchemaChange{Run: result(i, events.Failed).Run, Sync: int64(i + 1), Breaking: true, Changes: []events.StreamChange{
			{Stream: airbyte.Descriptor{Name: "users"}, Change: events.Removed},
		}}
		e, err := events.New(events.Origin{Source: events.FromSync}, change)
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() { _, failures[i] = handler.Handle(asks(), e) })
		all.Go(func() {
			failures[each+i] = memory.ChangeTold(asks(), "team/orders", func(ids []string) ([]string, bool) {
				return append(ids, string(rune('a'+i))), true
			})
		})
	}
	all.Wait()
	standing, err1 := memory.Standing(t.Context(), notify.Schema, "team/orders")
	told, err2 := memory.Told(t.Context(), "team/orders")
	if err := errors.Join(errors.Join(failures...), err1, err2); err != nil {
		t.Fatal(err)
	}
	if len(standing.Messages) != each || len(told) != each {
		t.Errorf("%d messages and %q told, of %d each", len(standing.Messages), told, each)
	}
}
