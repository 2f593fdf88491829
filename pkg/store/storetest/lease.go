package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"knelt.dev/pkg/store"
)

var leaseTests = map[string]func(*testing.T, Harness){
	"OneOfFiftyGetsIt":                  oneOfFifty,
	"EpochsRiseWithEveryLease":          epochsRise,
	"HeldByAnotherNamesTheHolder":       heldByAnother,
	"NobodyHoldsAConnectionAtFirst":     nobodyAtFirst,
	"ExpiresByItself":                   expiresByItself,
	"RenewMakesItLive":                  renewMakesItLive,
	"ReleaseLetsAnyoneInAtOnce":         releaseLetsIn,
	"HandOverIsSeenUntilTheNextAcquire": handOver,
	"HandOverExpires":                   handOverExpires,
	"ShowsTheSyncThatRuns":              showsSync,
	"ConnectionsDoNotMeet":              connectionsDoNotMeet,
	"WrongArgumentsAreRefused":          leaseArguments,
	"ConnectionsAreListedSorted":        connectionsListed,
	"EndsAtAWholeMillisecondInUTC":      expiryUTC,
}

func oneOfFifty(t *testing.T, h Harness) {
	handles := []store.Store{h.Open(t, 0), h.Open(t, 0), h.Open(t, 0)}
	var wg sync.WaitGroup
	leases, refusals := make(chan store.Lease, 50), make(chan error, 50)
	for i := range 50 {
		wg.Go(func() {
			l, err := handles[i%3].Acquire(t.Context(), conn, fmt.Sprintf("holder-%d", i%10), hour)
			if err != nil {
				refusals <- err
				return
			}
			leases <- l
		})
	}
	wg.Wait()
	if len(leases) != 1 || (<-leases).Epoch() != 1 {
		t.Errorf("%d of 50 got the lease, want one, with epoch 1", len(leases)+1)
	}
	close(refusals)
	for err := range refusals {
		var held *store.HeldError
		if !errors.As(err, &held) || held.Info.Epoch != 1 || held.Connection != conn {
			t.Errorf("a loser was told %v, want a HeldError of epoch 1", err)
		}
	}
}

func epochsRise(t *testing.T, h Harness) {
	a, b := h.Open(t, 0), h.Open(t, 0)
	for i := int64(1); i <= 6; i += 3 {
		l := acquire(t, a, conn, "one")
		if l.Epoch() != i || l.Connection() != conn {
			t.Fatalf("lease of %q with epoch %d, want %q and %d", l.Connection(), l.Epoch(), conn, i)
		}
		ok(t, l.Release(t.Context()))
		l = acquire(t, b, conn, "two")
		ok(t, l.HandOver(t.Context(), hour))
		l = acquire(t, a, conn, "two")
		if l.Epoch() != i+2 {
			t.Fatalf("epoch %d after a hand over, want %d", l.Epoch(), i+2)
		}
		h.Expire(t, conn)
	}
}

func heldByAnother(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	acquire(t, s, conn, "host-a/1")
	_, err := s.Acquire(t.Context(), conn, "host-b/2", hour)
	var held *store.HeldError
	if !errors.As(err, &held) || held.Info.Holder != "host-a/1" || held.Info.HandedOver {
		t.Fatalf("error %v, want a HeldError that names host-a/1", err)
	}
	info, is, err := s.LeaseOf(t.Context(), conn)
	ok(t, err)
	if !is || info != held.Info {
		t.Errorf("LeaseOf tells %+v (%v), the HeldError %+v", info, is, held.Info)
	}
}

func nobodyAtFirst(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	if info, is, err := s.LeaseOf(t.Context(), conn); is || err != nil {
		t.Errorf("a new connection is held by %+v (error %v)", info, err)
	}
}

func expiresByItself(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	l, err := s.Acquire(t.Context(), conn, "one", 30*time.Millisecond)
	ok(t, err)
	h.Pass(60 * time.Millisecond)
	if info, is, err := s.LeaseOf(t.Context(), conn); is || err != nil {
		t.Errorf("after its time the lease is held by %+v (error %v)", info, err)
	}
	wantFenced(t, "Renew after expiry", l.Renew(t.Context(), hour))
	if next := acquire(t, s, conn, "two"); next.Epoch() != 2 {
		t.Errorf("the next epoch is %d, want 2", next.Epoch())
	}
}

func renewMakesItLive(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	l, err := s.Acquire(t.Context(), conn, "one", 5*time.Second)
	ok(t, err)
	before, _, err := s.LeaseOf(t.Context(), conn)
	ok(t, err)
	ok(t, l.Renew(t.Context(), hour))
	after, is, err := s.LeaseOf(t.Context(), conn)
	ok(t, err)
	if gain := after.Expires.Sub(before.Expires); !is || gain < 50*time.Minute || gain > 70*time.Minute {
		t.Errorf("renewing from 5s to 1h moved the end by %s", gain)
	}
	ok(t, l.Renew(t.Context(), 20*time.Millisecond)) // a shorter time counts as well
	h.Pass(40 * time.Millisecond)
	wantFenced(t, "SaveCheckpoint", l.SaveCheckpoint(t.Context(), []store.Position{position("users", `1`)}))
}

func releaseLetsIn(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	l := acquire(t, s, conn, "one")
	ok(t, l.Release(t.Context()))
	if info, is, err := s.LeaseOf(t.Context(), conn); is || err != nil {
		t.Errorf("a released lease is held by %+v (error %v)", info, err)
	}
	acquire(t, s, conn, "two")
}

func handOver(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	l := acquire(t, s, conn, "one")
	r, err := l.Begin(t.Context(), store.Begin{Sync: store.SyncRecord{Status: store.Running}})
	ok(t, err)
	ok(t, l.HandOver(t.Context(), hour))
	info, is, err := s.LeaseOf(t.Context(), conn)
	ok(t, err)
	if !is || !info.HandedOver || info.Epoch != 1 || info.Holder != "one" || info.SyncID != r.ID {
		t.Errorf("after the hand over LeaseOf tells %+v (%v)", info, is)
	}
	acquire(t, s, conn, "two")
	info, is, err = s.LeaseOf(t.Context(), conn)
	ok(t, err)
	if !is || info.HandedOver || info.Epoch != 2 || info.SyncID != 0 {
		t.Errorf("after the successor came LeaseOf tells %+v (%v)", info, is)
	}
}

func handOverExpires(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	l := acquire(t, s, conn, "one")
	ok(t, l.HandOver(t.Context(), 20*time.Millisecond))
	h.Pass(40 * time.Millisecond)
	if info, is, err := s.LeaseOf(t.Context(), conn); is || err != nil {
		t.Errorf("a hand over without successor is still told: %+v (error %v)", info, err)
	}
}

func showsSync(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	l := acquire(t, s, conn, "one")
	wantShown := func(want int64) {
		t.Helper()
		info, _, err := s.LeaseOf(t.Context(), conn)
		ok(t, err)
		if info.SyncID != want {
			t.Errorf("the lease shows sync %d, want %d", info.SyncID, want)
		}
	}
	wantShown(0)
	for range 2 {
		_, err := l.Begin(t.Context(), store.Begin{Sync: store.SyncRecord{Status: store.Running}})
		ok(t, err)
	}
	wantShown(2)
	ok(t, l.SaveSync(t.Context(), store.SyncRecord{ID: 1, Status: store.Failed}))
	wantShown(2)
	ok(t, l.SaveSync(t.Context(), store.SyncRecord{ID: 1, Status: store.Running}))
	wantShown(1)
}

func connectionsDoNotMeet(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	names := strangeNames
	for i, name := range names {
		l := acquire(t, s, name, "one")
		if l.Epoch() != 1 {
			t.Errorf("first lease of %q has epoch %d", name, l.Epoch())
		}
		ok(t, l.SaveCheckpoint(t.Context(), []store.Position{position("users", fmt.Sprint(i))}))
	}
	for i, name := range names {
		wantCheckpoint(t, s, name, position("users", fmt.Sprint(i)))
	}
}

func leaseArguments(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	for _, a := range []struct {
		connection, holder string
		ttl                time.Duration
	}{{"", "one", hour}, {conn, "", hour}, {conn, "one", 0}, {conn, "one", -hour}} {
		if _, err := s.Acquire(t.Context(), a.connection, a.holder, a.ttl); err == nil {
			t.Errorf("Acquire(%q, %q, %s) was allowed", a.connection, a.holder, a.ttl)
		}
	}
	l := acquire(t, s, conn, "one")
	before := h.Dump(t)
	if l.Renew(t.Context(), 0) == nil || l.HandOver(t.Context(), 0) == nil {
		t.Error("a lease of no time was allowed")
	}
	if after := h.Dump(t); after != before {
		t.Errorf("refused arguments changed the store:\n%s\nto:\n%s", before, after)
	}
}

func connectionsListed(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	names, err := s.Connections(t.Context())
	ok(t, err)
	if len(names) != 0 {
		t.Errorf("an empty store knows %q", names)
	}
	for _, name := range []string{"b", "a b", "ä", "{c}"} {
		l := acquire(t, s, name, "one")
		ok(t, l.Release(t.Context()))
		acquire(t, s, name, "two")
	}
	names, err = s.Connections(t.Context())
	ok(t, err)
	if want := `["a b" "b" "{c}" "ä"]`; fmt.Sprintf("%q", names) != want {
		t.Errorf("connections %q, want %s", names, want)
	}
}

func expiryUTC(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	acquire(t, s, conn, "one")
	info, _, err := s.LeaseOf(t.Context(), conn)
	ok(t, err)
	if info.Expires.Location() != time.UTC || !info.Expires.Equal(info.Expires.Truncate(time.Millisecond)) {
		t.Errorf("the lease ends at %s: want UTC, whole milliseconds", info.Expires.Format(time.RFC3339Nano))
	}
}
