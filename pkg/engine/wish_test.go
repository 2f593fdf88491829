package engine_test

import (
	"testing"
	"time"

	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/store"
)

// cancelOnce wishes the end of the sync that runs, as another process would.
func (f *fixture) cancelOnce(t *testing.T, observe func(engine.Event)) func(engine.Event) {
	t.Helper()
	done := false
	return func(e engine.Event) {
		observe(e)
		if e.Kind != engine.Progress || e.Ledger.Total.Relayed != 2 || done {
			return
		}
		done = true
		if err := f.engine.Cancels.AskCancel(t.Context(), "shop-to-lake", e.Sync, time.Hour); err != nil {
			t.Error(err)
		}
	}
}

func newCancellable(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t)
	f.engine.Cancels = f.engine.Store
	f.engine.LeaseTTL = 600 * time.Millisecond
	return f
}

func TestAWishOfAnotherProcessEndsTheSyncGently(t *testing.T) {
	f := newCancellable(t)
	f.sourceEnv = `, SLEEP: "60"`
	began := time.Now()
	r := f.sync(t, func(req *engine.Request) { req.Observe = f.cancelOnce(t, req.Observe) })
	want(t, r, store.Cancelled)
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
	if c, err := f.engine.Store.Checkpoint(t.Context(), "shop-to-lake"); err != nil || len(c.Positions) != 1 {
		t.Errorf("checkpoint %v, %v: want the state that was committed", c, err)
	}
	record, err := f.engine.Store.Sync(t.Context(), "shop-to-lake", 1)
	if err != nil || record.Status != store.Cancelled {
		t.Errorf("the record says %s, %v", record.Status, err)
	}
}

// TestACancelledSyncCanBeGoneOnWith: the next request goes on with the same sync,
// and the wish was not for it.
func TestACancelledSyncCanBeGoneOnWith(t *testing.T) {
	f := newCancellable(t)
	f.sourceEnv = `, SLEEP: "60"`
	want(t, f.sync(t, func(req *engine.Request) { req.Observe = f.cancelOnce(t, req.Observe) }), store.Cancelled)
	f.sourceEnv = `, SLEEP: "2"` // several renewals long
	r := f.sync(t, nil)
	want(t, r, store.Succeeded)
	if r.Record.ID != 1 || len(r.Record.Attempts) != 2 {
		t.Errorf("sync %d with %d attempts, want the second of the first", r.Record.ID, len(r.Record.Attempts))
	}
}

func TestAWishForAnotherSyncEndsNothing(t *testing.T) {
	f := newCancellable(t)
	f.sourceEnv = `, SLEEP: "2"`
	r := f.sync(t, func(req *engine.Request) {
		observe := req.Observe
		req.Observe = func(e engine.Event) {
			observe(e)
			if e.Kind == engine.Started {
				if err := f.engine.Cancels.AskCancel(t.Context(), "shop-to-lake", e.Sync+1, time.Hour); err != nil {
					t.Error(err)
				}
			}
		}
	})
	want(t, r, store.Succeeded)
}

// TestTheRecordOfARunningSyncTellsHowFarItIs is what any other process shows.
func TestTheRecordOfARunningSyncTellsHowFarItIs(t *testing.T) {
	f := newFixture(t)
	f.sourceEnv = `, SLEEP: "60"`
	drain := make(chan struct{})
	r := f.sync(t, func(req *engine.Request) {
		req.Drain = drain
		req.Observe = func(e engine.Event) {
			if e.Kind != engine.Progress || closed(drain) {
				return
			}
			record, err := f.engine.Store.Sync(t.Context(), "shop-to-lake", e.Sync)
			if err != nil {
				t.Error(err)
			}
			if len(record.Attempts) == 1 && len(record.Attempts[0].Ledger) > 0 {
				close(drain)
			}
		}
	})
	want(t, r, store.Cancelled)
}
