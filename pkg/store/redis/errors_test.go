package redis

import (
	"context"
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/store"
	"knelt.dev/test/redistest"
)

func TestARedisOutOfReachIsNotALostLease(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, server.URL(), Options{})
	l := acquire(t, s, "one")
	server.Kill()
	_, readErr := s.Checkpoint(t.Context(), connection)
	_, _, leaseErr := s.LeaseOf(t.Context(), connection)
	_, acquireErr := s.Acquire(t.Context(), connection, "two", time.Hour)
	for _, err := range []error{readErr, leaseErr, acquireErr, l.Renew(t.Context(), time.Hour), l.SaveCheckpoint(t.Context(), batch(1))} {
		wantUnavailable(t, "a call to a killed Redis", err)
	}
	_, err := Open(t.Context(), server.URL(), Options{})
	wantUnavailable(t, "Open", err)
	if !strings.Contains(err.Error(), server.Addr) {
		t.Errorf("error %q does not name the address", err)
	}
}

// TestAHangingRedisEndsWithTheContext: Redis is paused for its clients, so it
// takes the command and says nothing.
func TestAHangingRedisEndsWithTheContext(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, server.URL(), Options{})
	l := acquire(t, s, "one")
	if _, err := redistest.Do(server.Addr, "CLIENT", "PAUSE", "60000", "ALL"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err := l.SaveCheckpoint(ctx, batch(1))
	if !errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrFenced) {
		t.Errorf("error %v, want ErrUnavailable", err)
	}
}

// TestAFullRedisLeavesTheOldContentWhole: a script is not rolled back, so it
// must be refused before it writes.
func TestAFullRedisLeavesTheOldContentWhole(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, server.URL(), Options{})
	db := rawClient(t, server.URL())
	l := acquire(t, s, "one")
	for _, w := range everyWrite()[:2] {
		if err := w.write(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	before := dump(t, db, "knelt")
	for _, limit := range []string{"1", "0"} {
		if err := db.ConfigSet(t.Context(), "maxmemory", limit).Err(); err != nil {
			t.Fatal(err)
		}
		for _, w := range everyWrite() {
			err := w.write(t.Context(), l)
			if limit == "0" {
				if err != nil {
					t.Errorf("%s with room again: %v", w.name, err)
				}
				continue
			}
			wantUnavailable(t, w.name, err)
			if after := dump(t, db, "knelt"); after != before {
				t.Fatalf("%s without memory changed\n%s\nto\n%s", w.name, before, after)
			}
		}
	}
}

func TestAnAddressErrorKeepsThePasswordBack(t *testing.T) {
	for _, address := range []string{
		"redis://user:hunter2@host:port/0", "redis://user:hunter2%zz@host", "http://user:hunter2@host", "hunter2", "redis:hunter2", "/hunter2",
		"redis+other://user:hunter2@host", "redis+cluster://user:hunter2@[", "redis+sentinel://user:hunter2@host/x?db=hunter2", "",
	} {
		_, err := Open(t.Context(), address, Options{})
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: error %v, want one without the password", address, err)
		}
	}
	u := url.URL{Scheme: "redis", Host: redistest.Start(t).Addr, User: url.UserPassword("nobody", "hunter2")}
	_, err := Open(t.Context(), u.String(), Options{})
	if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "ACL") {
		t.Errorf("a wrong user: error %v, want one that speaks of the ACL", err)
	}
}

// users makes the users that docs/store.md tells operators to make.
func users(t *testing.T, server *redistest.Server) {
	t.Helper()
	docs, err := os.ReadFile("../../../docs/store.md")
	if err != nil {
		t.Fatal(err)
	}
	made := 0
	for line := range strings.Lines(string(docs)) {
		if !strings.HasPrefix(line, "ACL SETUSER ") {
			continue
		}
		if _, err := redistest.Do(server.Addr, strings.Fields(strings.ReplaceAll(line, "PASSWORD", "secret"))...); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		made++
	}
	if made != 2 {
		t.Fatalf("docs/store.md has %d users, want engine and bridge", made)
	}
}

func TestAUserWithTheLeaseKeysAloneCanWatchLeases(t *testing.T) {
	server := redistest.Start(t)
	users(t, server)
	l := acquire(t, open(t, server.URL(), Options{}), "one")
	watch := open(t, "redis://bridge:secret@"+server.Addr, Options{})
	info, is, err := watch.LeaseOf(t.Context(), connection)
	if err != nil || !is || info.Epoch != 1 {
		t.Fatalf("the bridge sees %+v, %v (error %v)", info, is, err)
	}
	_, readErr := watch.Checkpoint(t.Context(), connection)
	_, acquireErr := watch.Acquire(t.Context(), connection, "bridge", time.Hour)
	_, _, configErr := watch.Config(t.Context(), "source/shop")
	writeErr := watch.db.HSet(t.Context(), watch.keys.lease(connection), "epoch", 9).Err()
	for _, err := range []error{readErr, acquireErr, configErr, writeErr} {
		if err == nil || !strings.Contains(err.Error(), "NOPERM") || errors.Is(err, store.ErrUnavailable) {
			t.Errorf("error %v, want that the bridge may not", err)
		}
	}
	if err := l.Renew(t.Context(), time.Hour); err != nil {
		t.Error(err)
	}
}

// TestSuiteAsAUserWithFewCommands proves that the user may do all that a store
// does; the keys are Knelt's.
func TestSuiteAsAUserWithFewCommands(t *testing.T) {
	server := redistest.Start(t)
	users(t, server)
	runSuiteAs(t, "redis://engine:secret@"+server.Addr, server.URL(), "knelt:test")
}

func TestAUserWithFewCommandsCanDoEverything(t *testing.T) {
	server := redistest.Start(t)
	users(t, server)
	s := open(t, "redis://engine:secret@"+server.Addr, Options{})
	l := acquire(t, s, "one")
	for _, w := range everyWrite() {
		if err := w.write(t.Context(), l); err != nil {
			t.Errorf("%s: %v", w.name, err)
		}
	}
	_, syncsErr := s.Syncs(t.Context(), connection, 0, 10)
	_, connectionsErr := s.Connections(t.Context())
	_, checkpointErr := s.Checkpoint(t.Context(), connection)
	if err := errors.Join(syncsErr, connectionsErr, checkpointErr); err != nil {
		t.Error(err)
	}
	for _, refused := range []error{
		s.db.Get(t.Context(), "theirs").Err(), s.db.HSet(t.Context(), "theirs", "a", 1).Err(),
		s.db.FlushAll(t.Context()).Err(), s.db.Keys(t.Context(), "*").Err(), s.db.ConfigGet(t.Context(), "*").Err(),
	} {
		if refused == nil || !strings.Contains(refused.Error(), "NOPERM") {
			t.Errorf("error %v, want that the engine may not", refused)
		}
	}
}
