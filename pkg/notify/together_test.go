package notify_test

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"knelt.dev/events"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/notify"
	"knelt.dev/pkg/store/sqlite"
)

// TestNothingThatSeveralLearnAtOnceIsLost, in a real store: processes share no more
// than that.
func TestNothingThatSeveralLearnAtOnceIsLost(t *testing.T) {
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "store.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close() //nolint:errcheck // the test is over
	memory := notify.InMemos{Memos: store}
	const each = 5 // as many as a topic keeps
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
		all.Go(func() { _, failures[i] = handler.Handle(t.Context(), e) })
		all.Go(func() {
			failures[each+i] = memory.ChangeTold(t.Context(), "team/orders", func(ids []string) ([]string, bool) {
				return append(ids, string(rune('a'+i))), true
			})
		})
	}
	all.Wait()
	standing, err1 := memory.Standing(t.Context(), notify.Schema, "team/orders")
	told, err2 := memory.Told(t.Context(), "team/orders")
	if err := errors.Join(append(failures, err1, err2)...); err != nil {
		t.Fatal(err)
	}
	if len(standing.Messages) != each || len(told) != each {
		t.Errorf("%d messages and %q told, of %d each", len(standing.Messages), told, each)
	}
}
