package redis

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/store"
	"knelt.dev/test/redistest"
)

func sentinelURL(s *redistest.Sentinels) string {
	return "redis+sentinel" + strings.TrimPrefix(s.URL(), "redis")
}

// TestSuiteBehindSentinels.
func TestSuiteBehindSentinels(t *testing.T) {
	runSuite(t, sentinelURL(redistest.StartSentinels(t)))
}

// TestSyncsGoOnAfterAFailover: to the holder of a lease it is something that passes,
// the checkpoint is never half a one, and nobody else gets in.
func TestSyncsGoOnAfterAFailover(t *testing.T) {
	sentinels := redistest.StartSentinels(t)
	s := open(t, sentinelURL(sentinels), Options{})
	l := acquire(t, s, "one")
	time.AfterFunc(100*time.Millisecond, sentinels.Primary.Kill)
	acknowledged, tried := saveUntilItFails(t, l)
	sentinels.AwaitFailover(t)
	await(t, s)
	got := stored(t, s)
	t.Logf("batch %d is stored, acknowledged was %d, tried %d", got, acknowledged, tried)
	if got > tried || got == 0 {
		t.Errorf("batch %d is stored of %d", got, tried)
	}
	if err := l.Renew(t.Context(), time.Hour); err != nil {
		t.Errorf("the lease is not the holder's any more: %v", err)
	}
	if err := l.SaveCheckpoint(t.Context(), batch(tried+1)); err != nil || stored(t, s) != tried+1 {
		t.Errorf("saving after the failover: %v, and batch %d is stored", err, stored(t, s))
	}
	if _, err := s.Acquire(t.Context(), connection, "two", time.Second); !errors.As(err, new(*store.HeldError)) {
		t.Errorf("somebody else gets the lease: %v", err)
	}
	if err := l.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if next := acquire(t, s, "two"); next.Epoch() <= l.Epoch() {
		t.Errorf("the next epoch is %d after %d", next.Epoch(), l.Epoch())
	}
}

// saveUntilItFails saves one batch after the other; the failure must be one that
// passes.
func saveUntilItFails(t *testing.T, l store.Lease) (acknowledged, tried int) {
	t.Helper()
	for {
		tried++
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		err := l.SaveCheckpoint(ctx, batch(tried))
		cancel()
		if err == nil {
			acknowledged = tried
			continue
		}
		if !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, store.ErrFenced) {
			t.Fatalf("a failover is told as %v", err)
		}
		return acknowledged, tried
	}
}
