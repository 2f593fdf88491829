package server_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"knelt.dev/events"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/api/server"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/redis"
	"knelt.dev/pkg/store/sqlite"
	"knelt.dev/test/redistest"
)

// slow is a Scheduler that takes its time, and fails as often as it is told to.
type slow struct {
	mu      sync.Mutex
	took    time.Duration
	wanted  int
	failing int
}

func (s *slow) Wanted(_ context.Context, ref events.Ref, _ api.SyncWish) (events.Run, error) {
	time.Sleep(s.took)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failing > 0 {
		s.failing--
		return events.Run{}, &store.HeldError{Connection: ref.String()}
	}
	s.wanted++
	return events.Run{Connection: ref, Due: time.Date(2026, 3, 1, 2, 0, 0, s.wanted*1e6, time.UTC), Attempt: 1, Kind: events.Sync}, nil
}

func (s *slow) Pause(context.Context, events.Ref, bool) error { return nil }

// closing is a store as the server uses it, and as it is closed.
type closing interface {
	server.Store
	Close() error
}

// twoStores opens one store twice, as two processes do.
func twoStores(t *testing.T, kind string) (both [2]server.Store) {
	t.Helper()
	url := ""
	if kind == "redis" {
		url = "redis://" + redistest.Start(t).Addr
	}
	file := filepath.Join(t.TempDir(), "state.db")
	for i := range both {
		var s closing
		var err error
		if kind == "redis" {
			s, err = redis.Open(t.Context(), url, redis.Options{})
		} else {
			s, err = sqlite.Open(t.Context(), file, sqlite.Options{})
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		both[i] = s
	}
	return both
}

// TestAKeyIsDoneOnceByTwoServers that get it at the same instant, and whoever asks
// has the one answer.
func TestAKeyIsDoneOnceByTwoServers(t *testing.T) {
	for _, kind := range []string{"redis", "sqlite"} {
		t.Run(kind, func(t *testing.T) {
			scheduler := &slow{took: 30 * time.Millisecond}
			var worlds []*world
			for _, s := range twoStores(t, kind) {
				worlds = append(worlds, newWorld(t, func(c *server.Config) { c.Store, c.Scheduler, c.Rate = s, scheduler, 10_000 }))
			}
			const rounds, each = 20, 2
			for round := range rounds {
				answers := make(chan answer, len(worlds)*each)
				start := make(chan struct{})
				for _, w := range worlds {
					for range each {
						go func() {
							<-start
							answers <- w.do(t, api.Run, http.MethodPost, api.Base+"/connections/shop/orders/syncs", `{}`, "Idempotency-Key", fmt.Sprint(round))
						}()
					}
				}
				close(start)
				replayed, bodies := 0, map[string]bool{}
				for range len(worlds) * each {
					a := <-answers
					if a.status != http.StatusAccepted {
						t.Errorf("%d %s", a.status, a.body)
					}
					bodies[string(a.body)] = true
					if a.header.Get("Idempotency-Replayed") == "true" {
						replayed++
					}
				}
				if scheduler.wanted != round+1 || len(bodies) != 1 || replayed != len(worlds)*each-1 {
					t.Fatalf("round %d: done %d times, %d answers, %d of them repeated: %v", round, scheduler.wanted, len(bodies), replayed, bodies)
				}
			}
		})
	}
}

// TestAKeyWhoseRequestFailedIsFree at once, for the other server, too.
func TestAKeyWhoseRequestFailedIsFree(t *testing.T) {
	scheduler := &slow{failing: 1}
	var worlds []*world
	for _, s := range twoStores(t, "redis") {
		worlds = append(worlds, newWorld(t, func(c *server.Config) { c.Store, c.Scheduler = s, scheduler }))
	}
	path := api.Base + "/connections/shop/orders/syncs"
	fails(t, worlds[0].do(t, api.Run, http.MethodPost, path, `{}`, "Idempotency-Key", "a"), http.StatusConflict, "")
	if a := worlds[1].do(t, api.Run, http.MethodPost, path, `{}`, "Idempotency-Key", "a"); a.status != http.StatusAccepted {
		t.Errorf("%d %s", a.status, a.body)
	}
	fails(t, worlds[0].do(t, api.Run, http.MethodPost, path, `{"kind":"sync"}`, "Idempotency-Key", "a"), http.StatusUnprocessableEntity, "another request")
}

// TestAKeyThatAnotherIsLongAtIsNotWaitedForForEver: who asks is told to come again,
// and has the answer then.
func TestAKeyThatAnotherIsLongAtIsNotWaitedForForEver(t *testing.T) {
	scheduler := &slow{took: 7 * time.Second}
	w := newWorld(t, func(c *server.Config) { c.Scheduler = scheduler })
	ask := func() answer {
		return w.do(t, api.Run, http.MethodPost, api.Base+"/connections/shop/orders/syncs", `{}`, "Idempotency-Key", "a")
	}
	first := make(chan answer)
	go func() { first <- ask() }()
	time.Sleep(500 * time.Millisecond)
	second := ask()
	fails(t, second, http.StatusConflict, "is being answered")
	if second.header.Get("Retry-After") != "1" {
		t.Errorf("it may be tried again after %q", second.header.Get("Retry-After"))
	}
	a, again := <-first, ask()
	if a.status != http.StatusAccepted || string(again.body) != string(a.body) || scheduler.wanted != 1 {
		t.Errorf("%d %s, then %d %s", a.status, a.body, again.status, again.body)
	}
}
