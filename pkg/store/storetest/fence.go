package storetest

import (
	"testing"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
)

var fenceTests = map[string]func(*testing.T, Harness){
	"AfterExpiryNoWriteCounts": fencedBy(func(t *testing.T, h Harness, _ store.Store, _ store.Lease) {
		h.Expire(t, conn)
	}),
	"AfterReleaseNoWriteCounts": fencedBy(func(t *testing.T, _ Harness, _ store.Store, l store.Lease) {
		ok(t, l.Release(t.Context()))
	}),
	"AfterHandOverNoWriteCounts": fencedBy(func(t *testing.T, _ Harness, _ store.Store, l store.Lease) {
		ok(t, l.HandOver(t.Context(), hour))
	}),
	"UnderAHigherEpochNoWriteCounts": fencedBy(func(t *testing.T, h Harness, s store.Store, _ store.Lease) {
		h.Expire(t, conn)
		acquire(t, s, conn, "next")
	}),
	"UnderAHigherEpochOfTheSameHolderNoWriteCounts": fencedBy(func(t *testing.T, h Harness, s store.Store, _ store.Lease) {
		h.Expire(t, conn)
		acquire(t, s, conn, "zombie")
	}),
	"AfterTheNextHasReleasedNoWriteCounts": fencedBy(func(t *testing.T, h Harness, s store.Store, _ store.Lease) {
		h.Expire(t, conn)
		ok(t, acquire(t, s, conn, "next").Release(t.Context()))
	}),
}

// fencedBy gives a test in which lose takes a lease from its holder. All that is
// stored must be the same before and after the holder has tried every write.
func fencedBy(lose func(*testing.T, Harness, store.Store, store.Lease)) func(*testing.T, Harness) {
	return func(t *testing.T, h Harness) {
		s := h.Open(t, 0)
		l := acquire(t, s, conn, "zombie")
		_, err := l.Begin(t.Context(), store.Begin{
			Sync:        store.SyncRecord{Status: store.Running},
			Generations: map[airbyte.Descriptor]int64{stream("users"): 1},
		})
		ok(t, err)
		ok(t, l.SaveCheckpoint(t.Context(), []store.Position{position("users", `{"at":1}`), position("orders", `2`)}))
		lose(t, h, s, l)
		before := h.Dump(t)
		for name, write := range writes(l) {
			wantFenced(t, name, write(t))
			if after := h.Dump(t); after != before {
				t.Fatalf("a fenced %s changed the store from\n%s\nto\n%s", name, before, after)
			}
		}
	}
}
