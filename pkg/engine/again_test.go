package engine_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/store"
)

// TestARequestThatAnotherHasGoneOnWithIsOver: where a function died, the
// scheduler asks for the next attempt, and the Broker delivers the first request
// once more after that.
func TestARequestThatAnotherHasGoneOnWithIsOver(t *testing.T) {
	f := newFixture(t)
	key := func(k string) func(*engine.Request) { return func(r *engine.Request) { r.Key = k } }
	f.sourceEnv = `, EXIT: "1"`
	want(t, f.sync(t, key("first")), store.Failed)
	f.sourceEnv = ""
	second := f.sync(t, key("second"))
	want(t, second, store.Succeeded)
	if second.Record.ID != 1 || len(second.Record.Attempts) != 2 {
		t.Fatalf("the second request made %+v", second.Record)
	}
	f.spec = "  retries: {max: 3}\n" // the first request alone would be tried again
	again := f.sync(t, key("first"))
	want(t, again, store.Failed)
	if syncs, err := f.engine.Store.Syncs(t.Context(), "shop-to-lake", 0, 10); !again.Repeated || err != nil || len(syncs) != 1 || len(syncs[0].Attempts) != 2 {
		t.Errorf("the first request came again: %+v, error %v, syncs %+v", again, err, syncs)
	}
}

// TestARequestThatComesToSeveralAtOnceIsOneSync, also where one looks for it just
// before the other is done.
func TestARequestThatComesToSeveralAtOnceIsOneSync(t *testing.T) {
	f := newFixture(t)
	req := f.request(t)
	req.Key, req.Observe = "one", nil
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for {
				r, err := f.engine.Sync(t.Context(), req)
				if errors.As(err, new(*store.HeldError)) {
					continue
				}
				if err != nil || r.Record.ID != 1 {
					t.Errorf("sync %d, error %v", r.Record.ID, err)
				}
				return
			}
		})
	}
	all.Wait()
	if syncs, err := f.engine.Store.Syncs(t.Context(), "shop-to-lake", 0, 10); err != nil || len(syncs) != 1 {
		t.Errorf("%d syncs, error %v", len(syncs), err)
	}
}

// TestARequestThatComesAgainIsAnsweredAsBefore, to the last digit: whoever
// compares times would else take one sync for two.
func TestARequestThatComesAgainIsAnsweredAsBefore(t *testing.T) {
	f := newFixture(t)
	for key, exit := range map[string]string{"good": "", "bad": `, EXIT: "1"`} {
		f.sourceEnv = exit
		named := func(r *engine.Request) { r.Key = key }
		first, again := f.sync(t, named), f.sync(t, named)
		if !again.Repeated {
			t.Fatalf("%s: %+v", key, again)
		}
		if diff := cmp.Diff(first.Record, again.Record); diff != "" {
			t.Errorf("%s (-first +again):\n%s", key, diff)
		}
	}
}
