// Package storetest is the suite that every store.Store passes. Each sentence of
// the contract is a test here.
package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
)

// Harness is a store under test, empty at first.
type Harness struct {
	// Open opens one more handle on the same data, as another process would,
	// with a history of that many records (0: the default). The test closes it.
	Open func(t testing.TB, history int) store.Store
	// Pass lets time pass.
	Pass func(d time.Duration)
	// Expire ends the time of a connection's lease at the store alone: the
	// holder's own clock knows nothing of it.
	Expire func(t testing.TB, connection string)
	// Dump writes down all that is stored.
	Dump func(t testing.TB) string
}

// Run runs the suite; each test has a harness of its own.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	RunLeases(t, open)
	run(t, open, map[string]group{"Checkpoint": checkpointTests, "Sync": syncTests, "Config": configTests, "Memo": memoTests, "Plan": planTests})
}

// RunLeases runs the part of the suite in which time passes, for a store that
// can be given another clock.
func RunLeases(t *testing.T, open func(t *testing.T) Harness) {
	run(t, open, map[string]group{"Lease": leaseTests, "Fence": fenceTests, "Property": propertyTests})
}

type group = map[string]func(*testing.T, Harness)

func run(t *testing.T, open func(t *testing.T) Harness, groups map[string]group) {
	for name, tests := range groups {
		t.Run(name, func(t *testing.T) {
			for name, test := range tests {
				t.Run(name, func(t *testing.T) { test(t, open(t)) })
			}
		})
	}
}

// hour is a time to live that no test outlives.
const hour = time.Hour

const conn = "shop-to-lake"

func acquire(t testing.TB, s store.Store, connection, holder string) store.Lease {
	t.Helper()
	l, err := s.Acquire(t.Context(), connection, holder, hour)
	ok(t, err)
	return l
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantFenced(t testing.TB, what string, err error) {
	t.Helper()
	if !errors.Is(err, store.ErrFenced) {
		t.Errorf("%s: error %v, want ErrFenced", what, err)
	}
	if errors.Is(err, store.ErrUnavailable) {
		t.Errorf("%s: a lost lease is told as a store out of reach: %v", what, err)
	}
}

func stream(name string) airbyte.Descriptor { return airbyte.Descriptor{Name: name} }

func position(name, state string) store.Position {
	return store.Position{Kind: airbyte.StreamState, Stream: stream(name), State: json.RawMessage(state)}
}

func global(state string) store.Position {
	return store.Position{Kind: airbyte.GlobalState, State: json.RawMessage(state)}
}

func legacy(state string) store.Position {
	return store.Position{Kind: airbyte.LegacyState, State: json.RawMessage(state)}
}

// show is a checkpoint in one line.
func show(positions []store.Position) string {
	text := ""
	for _, p := range positions {
		text += fmt.Sprintf("%s %q %q %s\n", p.Kind, p.Stream.Namespace, p.Stream.Name, p.State)
	}
	return text
}

func wantCheckpoint(t testing.TB, s store.Store, connection string, want ...store.Position) {
	t.Helper()
	got, err := s.Checkpoint(t.Context(), connection)
	ok(t, err)
	if show(got.Positions) != show(want) {
		t.Errorf("checkpoint of %q:\n%swant:\n%s", connection, clip(show(got.Positions)), clip(show(want)))
	}
}

func clip(s string) string {
	if len(s) > 2000 {
		return s[:2000] + "...\n"
	}
	return s
}

// writes is every write of a lease, each with its name.
func writes(l store.Lease) map[string]func(testing.TB) error {
	return map[string]func(t testing.TB) error{
		"Renew":    func(t testing.TB) error { return l.Renew(t.Context(), hour) },
		"Release":  func(t testing.TB) error { return l.Release(t.Context()) },
		"HandOver": func(t testing.TB) error { return l.HandOver(t.Context(), hour) },
		"Begin": func(t testing.TB) error {
			_, err := l.Begin(t.Context(), store.Begin{
				Sync:        store.SyncRecord{Status: store.Running},
				Generations: map[airbyte.Descriptor]int64{stream("users"): 9},
				Restart:     []airbyte.Descriptor{stream("users")},
			})
			return err
		},
		"SaveCheckpoint": func(t testing.TB) error {
			return l.SaveCheckpoint(t.Context(), []store.Position{position("users", `{"zombie":1}`)})
		},
		"SaveCheckpoint of nothing":  func(t testing.TB) error { return l.SaveCheckpoint(t.Context(), nil) },
		"ClearCheckpoint of all":     func(t testing.TB) error { return l.ClearCheckpoint(t.Context(), nil) },
		"ClearCheckpoint of nothing": func(t testing.TB) error { return l.ClearCheckpoint(t.Context(), []airbyte.Descriptor{}) },
		"ClearCheckpoint of a stream": func(t testing.TB) error {
			return l.ClearCheckpoint(t.Context(), []airbyte.Descriptor{stream("users")})
		},
		"SaveSync": func(t testing.TB) error {
			return l.SaveSync(t.Context(), store.SyncRecord{ID: 1, Status: store.Failed})
		},
	}
}
