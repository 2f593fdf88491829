package redis

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
	"knelt.dev/test/redistest"
)

// lossy is a store behind a proxy that can lose answers. Without retries of the
// client the caller sees each loss.
func lossy(t *testing.T, retries int) (*Store, *redistest.Proxy) {
	t.Helper()
	server := redistest.Start(t)
	proxy := redistest.NewProxy(t, server.Addr)
	s := New(redis.NewClient(&redis.Options{Addr: proxy.Addr, MaxRetries: retries, ContextTimeoutEnabled: true}), Options{})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	// Once through, so that Redis knows the scripts and each is one command.
	warm, err := s.Acquire(t.Context(), "warm", "one", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range everyWrite() {
		if err := w.write(t.Context(), warm); err != nil {
			t.Fatal(err)
		}
	}
	return s, proxy
}

type namedWrite struct {
	name  string
	write func(context.Context, store.Lease) error
}

const globalState = `{"global":{"stream_states":[{"stream_descriptor":{"name":"a"}},{"stream_descriptor":{"name":"b"}}]}}`

// everyWrite is all writes of a lease; the last ends it.
func everyWrite() []namedWrite {
	a := []airbyte.Descriptor{{Name: "a"}}
	return []namedWrite{
		{"SaveCheckpoint", func(ctx context.Context, l store.Lease) error {
			return l.SaveCheckpoint(ctx, []store.Position{{Kind: airbyte.GlobalState, State: json.RawMessage(globalState)}})
		}},
		{"Begin", func(ctx context.Context, l store.Lease) error {
			_, err := l.Begin(ctx, store.Begin{
				Sync: store.SyncRecord{Status: store.Running}, Restart: a,
				Generations: map[airbyte.Descriptor]int64{{Name: "a"}: 1},
			})
			return err
		}},
		{"SaveSync", func(ctx context.Context, l store.Lease) error {
			return l.SaveSync(ctx, store.SyncRecord{ID: 1, Status: store.Failed})
		}},
		{"ClearCheckpoint", func(ctx context.Context, l store.Lease) error { return l.ClearCheckpoint(ctx, a) }},
		{"Renew", func(ctx context.Context, l store.Lease) error { return l.Renew(ctx, time.Hour) }},
		{"Release", func(ctx context.Context, l store.Lease) error { return l.Release(ctx) }},
	}
}

func TestAWriteWhoseAnswerIsLostIsMadeOnce(t *testing.T) {
	for name, retries := range map[string]int{"the client tries again": 3, "the caller tries again": -1} {
		t.Run(name, func(t *testing.T) {
			s, proxy := lossy(t, retries)
			proxy.LoseNextAnswer("evalsha")
			l, err := s.Acquire(t.Context(), connection, "one", time.Hour)
			if retries < 0 {
				wantUnavailable(t, "Acquire", err)
				l, err = s.Acquire(t.Context(), connection, "one", time.Hour)
			}
			if err != nil || l.Epoch() != 1 {
				t.Fatalf("Acquire again: %v", err)
			}
			for _, w := range everyWrite() {
				proxy.LoseNextAnswer("evalsha")
				err := w.write(t.Context(), l)
				if retries < 0 {
					wantUnavailable(t, w.name, err)
					err = w.write(t.Context(), l)
				}
				if err != nil {
					t.Errorf("%s again: %v", w.name, err)
				}
			}
			if want := int64(1 + len(everyWrite())); proxy.Lost() != want {
				t.Errorf("%d answers were lost, want %d", proxy.Lost(), want)
			}
			list, err := s.Syncs(t.Context(), connection, 0, 10)
			if err != nil || len(list) != 1 || list[0].ID != 1 {
				t.Errorf("syncs %+v (error %v), want one", list, err)
			}
		})
	}
}

func wantUnavailable(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrFenced) {
		t.Fatalf("%s with its answer lost: error %v, want ErrUnavailable", what, err)
	}
}

func TestTheSameBeginAfterAnAnswerIsANewSync(t *testing.T) {
	s, proxy := lossy(t, -1)
	l := acquire(t, s, "one")
	b := store.Begin{Sync: store.SyncRecord{Status: store.Running}}
	for want := int64(1); want <= 3; want++ {
		proxy.LoseNextAnswer("evalsha")
		_, err := l.Begin(t.Context(), b)
		wantUnavailable(t, "Begin", err)
		if r, err := l.Begin(t.Context(), b); err != nil || r.ID != want {
			t.Fatalf("sync %d (error %v), want %d", r.ID, err, want)
		}
	}
}

// TestAWriteThatComesLateIsRefused sends again, as a stalled network can, what a
// later write of the same lease has overtaken.
func TestAWriteThatComesLateIsRefused(t *testing.T) {
	s := open(t, redistest.Start(t).URL(), Options{})
	l := acquire(t, s, "one").(*lease)
	for n := 1; n <= 2; n++ {
		if err := l.SaveCheckpoint(t.Context(), batch(n)); err != nil {
			t.Fatal(err)
		}
	}
	answer, err := s.run(t.Context(), checkpointScript, connection, "1", l.token, "1", "STREAM", `["","0"]`, "1")
	if word, _ := split(answer); err != nil || word != answerLate {
		t.Errorf("the late write was answered %v (error %v), want %s", answer, err, answerLate)
	}
	if n := stored(t, s); n != 2 {
		t.Errorf("batch %d is stored, want 2", n)
	}
}

// TestALeaseOfTheSameEpochIsTold apart by its token: a failover to a replica
// that lagged can give an epoch twice.
func TestALeaseOfTheSameEpochIsToldApart(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, server.URL(), Options{})
	old := acquire(t, s, "one")
	if err := rawClient(t, server.URL()).FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	if l := acquire(t, s, "two"); l.Epoch() != old.Epoch() {
		t.Fatalf("epochs %d and %d, want the same", old.Epoch(), l.Epoch())
	}
	if err := old.SaveCheckpoint(t.Context(), batch(1)); !errors.Is(err, store.ErrFenced) {
		t.Errorf("the first lease of the epoch: error %v, want ErrFenced", err)
	}
}

func TestScriptsThatRedisForgotAreSentAgain(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, server.URL(), Options{})
	l := acquire(t, s, "one")
	for n := 1; n <= 3; n++ {
		if err := rawClient(t, server.URL()).ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		if err := l.SaveCheckpoint(t.Context(), batch(n)); err != nil {
			t.Fatal(err)
		}
	}
}
