package redis

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"knelt.dev/pkg/store"
	"knelt.dev/test/redistest"
)

// TestARedisKilledAtAnyMomentLosesNothingAcknowledged needs what docs/store.md
// asks for: an append-only file that is synced on every write.
func TestARedisKilledAtAnyMomentLosesNothingAcknowledged(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	server := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
	s := open(t, server.URL(), Options{})
	l := acquire(t, s, "one")
	const kills = 10
	n, acknowledged := 0, 0
	for range kills {
		var killed atomic.Bool
		time.AfterFunc(time.Duration(1+random.IntN(30))*time.Millisecond, func() {
			server.Kill()
			killed.Store(true)
		})
		for ctx := t.Context(); ; {
			n++
			err := l.SaveCheckpoint(ctx, batch(n))
			if err != nil && (!errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrFenced)) {
				t.Fatalf("under a killed Redis: error %v, want ErrUnavailable", err)
			}
			if err != nil {
				break
			}
			acknowledged = n
		}
		for !killed.Load() {
			time.Sleep(time.Millisecond)
		}
		server.Restart(t)
		await(t, s)
		if got := stored(t, s); got < acknowledged || got > n {
			t.Fatalf("batch %d is stored, acknowledged was %d, tried %d", got, acknowledged, n)
		}
		if err := l.Renew(t.Context(), time.Hour); err != nil {
			t.Fatalf("the lease did not survive: %v", err)
		}
	}
	t.Logf("%d kills, %d batches acknowledged, none lost", kills, acknowledged)
}

// await waits until the client has seen that Redis is back, which it looks for
// once a second.
func await(t *testing.T, s *Store) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		_, err := s.Connections(t.Context())
		if err == nil {
			return
		}
		if !errors.Is(err, store.ErrUnavailable) || time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func TestAStoppedProcessThatWakesAfterItsTimeIsFenced(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, server.URL(), Options{})
	h := stopped(t, "sleeper", server.URL())
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		_, is, err := s.LeaseOf(t.Context(), connection)
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("the lease of a stopped process does not end (error %v)", err)
		}
		if !is {
			break
		}
	}
	wakesFenced(t, s, h)
}

// TestAStoppedProcessWhoseLeaseWasGivenAwayIsFenced: by its own clock the holder
// has an hour left, so it is Redis that refuses.
func TestAStoppedProcessWhoseLeaseWasGivenAwayIsFenced(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, server.URL(), Options{})
	h := stopped(t, "zombie", server.URL())
	expire(t, rawClient(t, server.URL()), s.keys.lease(connection))
	wakesFenced(t, s, h)
}

func stopped(t *testing.T, role, url string) *helper {
	t.Helper()
	h := start(t, role, url)
	if said := h.next(); said != "held" {
		t.Fatal(said)
	}
	if err := h.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		b, err := os.ReadFile("/proc/" + strconv.Itoa(h.cmd.Process.Pid) + "/stat")
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("the process does not stop (error %v)", err)
		}
		if strings.Contains(string(b), ") T ") {
			return h
		}
	}
}

func wakesFenced(t *testing.T, s *Store, h *helper) {
	t.Helper()
	l := acquire(t, s, "next")
	if l.Epoch() != 2 {
		t.Fatalf("the next epoch is %d, want 2", l.Epoch())
	}
	if err := l.SaveCheckpoint(t.Context(), batch(2)); err != nil {
		t.Fatal(err)
	}
	if _, err := h.input.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := h.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if said := h.next(); !strings.Contains(said, store.ErrFenced.Error()) {
		t.Errorf("the thawed process says %q, want that it was fenced", said)
	}
	if n := stored(t, s); n != 2 {
		t.Errorf("batch %d is stored, want the successor's", n)
	}
}

// TestCutConnectionsLoseAndRepeatNothing ends the store's connections at Redis
// again and again while one sync after another begins.
func TestCutConnectionsLoseAndRepeatNothing(t *testing.T) {
	server := redistest.Start(t)
	// Without retries of the client, whose pauses grow, each cut is the caller's.
	s := New(redis.NewClient(&redis.Options{Addr: server.Addr, MaxRetries: -1}), Options{History: 1000})
	defer s.Close() //nolint:errcheck // its connections are cut anyway
	l := acquire(t, s, "one")
	var cuts atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			n, err := redistest.Do(server.Addr, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
			if err == nil && n != "0" {
				cuts.Add(1)
			}
			time.Sleep(time.Millisecond)
		}
	}()
	deadline := time.Now().Add(20 * time.Second)
	for want := int64(1); cuts.Load() < 30; want++ {
		r, err := l.Begin(t.Context(), store.Begin{Sync: store.SyncRecord{Status: store.Succeeded}})
		for errors.Is(err, store.ErrUnavailable) {
			r, err = l.Begin(t.Context(), store.Begin{Sync: store.SyncRecord{Status: store.Succeeded}})
		}
		if err != nil || r.ID != want || time.Now().After(deadline) {
			t.Errorf("sync %d, want %d, after %d cuts (error %v)", r.ID, want, cuts.Load(), err)
			break
		}
	}
	cancel()
	<-ended
}
