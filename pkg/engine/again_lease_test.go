package engine_test

import (
	"context"
	"testing"
	"time"

	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/store"
)

// slowStore has something happen before a lease is given.
type slowStore struct {
	store.Store
	meanwhile func()
}

func (s slowStore) Acquire(ctx context.Context, connection, holder string, ttl time.Duration) (store.Lease, error) {
	s.meanwhile()
	return s.Store.Acquire(ctx, connection, holder, ttl)
}

// TestARequestThatIsCarriedOutWhileAnotherWaitsForTheLeaseIsOneSync: requests come
// often, and the one that waited finds the work done.
func TestARequestThatIsCarriedOutWhileAnotherWaitsForTheLeaseIsOneSync(t *testing.T) {
	f := newFixture(t)
	req := f.request(t)
	req.Key = "shop-to-lake/sync/2026-03-01T02:00:00Z/1"
	first := f.engine
	var once engine.Result
	second := &engine.Engine{Runtime: first.Runtime, Home: first.Home, Holder: first.Holder, Store: slowStore{first.Store, func() {
		var err error
		if once, err = first.Sync(t.Context(), req); err != nil || once.Repeated {
			t.Errorf("the first: %+v, %v", once, err)
		}
	}}}
	again, err := second.Sync(t.Context(), req)
	if err != nil || !again.Repeated || again.Record.ID != once.Record.ID || again.Status() != store.Succeeded {
		t.Errorf("the second: %+v, %v", again, err)
	}
	syncs, err := first.Store.Syncs(t.Context(), "shop-to-lake", 0, 10)
	if err != nil || len(syncs) != 1 {
		t.Errorf("there are %d syncs: %v", len(syncs), err)
	}
	req.Key = "shop-to-lake/sync/2026-03-01T03:00:00Z/1"
	if next, err := first.Sync(t.Context(), req); err != nil || next.Repeated {
		t.Errorf("the lease was not given back, or the next request is taken for the old one: %+v, %v", next, err)
	}
}
