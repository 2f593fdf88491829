package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"knelt.dev/pkg/store"
)

var configTests = map[string]func(*testing.T, Harness){
	"IsNotThereAtFirst":         noConfig,
	"TheLastWriterWins":         lastConfig,
	"OfWrongArgumentsIsRefused": wrongConfig,
	"AnEndedContextEndsCalls":   endedContext,
	"IsSafeForConcurrentUse":    concurrentUse,
}

func noConfig(t *testing.T, h Harness) {
	if c, is, err := h.Open(t, 0).Config(t.Context(), "source/shop"); is || err != nil {
		t.Errorf("an empty store has the config %+v (error %v)", c, err)
	}
}

func lastConfig(t *testing.T, h Harness) {
	a, b := h.Open(t, 0), h.Open(t, 0)
	ok(t, a.SaveConfig(t.Context(), "source/shop", store.Config{Base: "1", Config: json.RawMessage(`{"token":"one"}`)}))
	ok(t, b.SaveConfig(t.Context(), "source/shop", store.Config{Base: "2", Config: json.RawMessage(`{ "token":1.0 }`)}))
	ok(t, b.SaveConfig(t.Context(), "destination/{shop}", store.Config{Config: json.RawMessage(`{}`)}))
	c, is, err := a.Config(t.Context(), "source/shop")
	ok(t, err)
	if !is || c.Base != "2" || string(c.Config) != `{ "token":1.0 }` {
		t.Errorf("kept is %+v (%v), want the last one", c, is)
	}
	if names, err := a.Connections(t.Context()); err != nil || len(names) != 0 {
		t.Errorf("a config made the connections %q (error %v)", names, err)
	}
}

func wrongConfig(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	err := s.SaveConfig(t.Context(), "source/shop", store.Config{Config: json.RawMessage(`{"token":"hunter2"`)})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("half a config: error %v, want one without the secret", err)
	}
	if s.SaveConfig(t.Context(), "", store.Config{Config: json.RawMessage(`{}`)}) == nil {
		t.Error("a config of nobody was kept")
	}
}

func endedContext(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	l := acquire(t, s, conn, "one")
	before := h.Dump(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, acquireErr := s.Acquire(ctx, conn, "two", hour)
	_, readErr := s.Checkpoint(ctx, conn)
	for _, err := range []error{
		acquireErr, readErr, l.Release(ctx), l.Renew(ctx, hour),
		l.SaveCheckpoint(ctx, []store.Position{position("a", `1`)}),
	} {
		if !errors.Is(err, context.Canceled) || errors.Is(err, store.ErrFenced) {
			t.Errorf("error %v, want context.Canceled", err)
		}
	}
	if h.Dump(t) != before {
		t.Error("calls with an ended context changed the store")
	}
	ok(t, l.Renew(t.Context(), hour))
}

// concurrentUse has one lease used by many goroutines, as a relay does.
func concurrentUse(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	l := acquire(t, s, conn, "one")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 5 {
				r, err := l.Begin(t.Context(), store.Begin{Sync: store.SyncRecord{Status: store.Running}})
				errs := []error{
					err, l.Renew(t.Context(), hour), l.SaveSync(t.Context(), r),
					l.SaveCheckpoint(t.Context(), []store.Position{position(fmt.Sprint(i), fmt.Sprint(n))}),
				}
				if err := errors.Join(errs...); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	c, err := s.Checkpoint(t.Context(), conn)
	ok(t, err)
	if len(c.Positions) != 8 || string(c.Positions[7].State) != "4" {
		t.Errorf("checkpoint:\n%s", show(c.Positions))
	}
	list, err := s.Syncs(t.Context(), conn, 0, 100)
	ok(t, err)
	if len(list) != 40 || list[0].ID != 40 {
		t.Errorf("%d syncs, want 40 with ids without gaps", len(list))
	}
}
