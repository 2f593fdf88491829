package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/store"
)

func asHeld(err error, held **store.HeldError) bool { return errors.As(err, held) }

func TestDrainingKeepsWhatWasReadAndEndsSoon(t *testing.T) {
	f := newFixture(t)
	f.sourceEnv = `, SLEEP: "60"`
	drain := make(chan struct{})
	r := f.sync(t, func(req *engine.Request) {
		req.Drain = drain
		observe := req.Observe
		req.Observe = func(e engine.Event) {
			observe(e)
			if e.Kind == engine.Progress && e.Ledger.Total.Relayed == 2 && !closed(drain) {
				close(drain)
			}
		}
	})
	want(t, r, store.Cancelled)
	c, err := f.engine.Store.Checkpoint(t.Context(), "shop-to-lake")
	if err != nil || len(c.Positions) != 1 {
		t.Errorf("checkpoint %v, %v: want the state that was committed", c, err)
	}
}

func closed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestALostLeaseStopsTheSync(t *testing.T) {
	f := newFixture(t)
	f.sourceEnv = `, SLEEP: "60"`
	f.engine.LeaseTTL = 300 * time.Millisecond
	f.engine.Holder = takenForDead
	req := f.request(t)
	stolen := false
	req.Observe = func(e engine.Event) {
		if e.Kind != engine.Progress || e.Ledger.Total.Relayed != 2 || stolen {
			return
		}
		stolen = true
		steal(t, f.engine.Store)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := f.engine.Sync(ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	want(t, r, store.Failed)
	record, err := f.engine.Store.Sync(t.Context(), "shop-to-lake", 1)
	if err != nil || record.Status != store.Running {
		t.Errorf("the record says %s, %v: one who lost the lease must not write it", record.Status, err)
	}
}

// steal gives the lease to another holder, as if the first had been frozen.
func steal(t *testing.T, s store.Store) {
	t.Helper()
	if _, err := s.Acquire(context.Background(), "shop-to-lake", "a-successor", time.Minute); err != nil {
		t.Errorf("taking the lease: %v", err)
	}
}
