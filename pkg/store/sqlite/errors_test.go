package sqlite

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/store"
)

// filled makes a store with a checkpoint and closes it.
func filled(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "store.db")
	s := open(t, path, Options{})
	l, err := s.Acquire(t.Context(), connection, "one", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.SaveCheckpoint(t.Context(), batch(1, 3)); err != nil {
		t.Fatal(err)
	}
	if err := l.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func wantError(t *testing.T, err error, unavailable bool, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", words)
	}
	if errors.Is(err, store.ErrUnavailable) != unavailable || errors.Is(err, store.ErrFenced) {
		t.Errorf("error %v: can it pass? want %v", err, unavailable)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
}

func TestANewerSchemaIsRefused(t *testing.T) {
	path := filled(t)
	execute(t, path, "PRAGMA user_version = 99")
	before := dump(t, path)
	_, err := Open(t.Context(), path, Options{})
	wantError(t, err, false, path, "newer Knelt", "99")
	if dump(t, path) != before {
		t.Error("the refused store was changed")
	}
}

func TestSomebodyElsesDatabaseIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.db")
	execute(t, path, "CREATE TABLE users (id INTEGER)")
	_, err := Open(t.Context(), path, Options{})
	wantError(t, err, false, path, "not a store of Knelt")
	var tables int
	db := raw(t, path)
	if err := db.QueryRow("SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil || tables != 1 {
		t.Errorf("it has %d tables now (error %v)", tables, err)
	}
	closeDB(t, db)
}

func TestGarbageIsRefusedByName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	garbage := bytes.Repeat([]byte("garbage "), 1000)
	if err := os.WriteFile(path, garbage, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), path, Options{})
	wantError(t, err, false, path, "damaged", "move it away")
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, garbage) {
		t.Errorf("the refused file was changed (error %v)", err)
	}
}

func TestDamageInsideIsToldByName(t *testing.T) {
	path := filled(t)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4096; i < len(b); i++ { // all but the first page
		b[i] = 0xff
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, path, Options{})
	_, err = s.Checkpoint(t.Context(), connection)
	wantError(t, err, false, path, "damaged", connection)
	_, err = s.Acquire(t.Context(), connection, "two", time.Hour)
	wantError(t, err, false, path, "damaged")
}

func TestAFullDiskLeavesTheOldContentWhole(t *testing.T) {
	path := filled(t)
	s := open(t, path, Options{pragmas: []string{"max_page_count(40)"}})
	l, err := s.Acquire(t.Context(), connection, "two", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	before := dump(t, path)
	err = l.SaveCheckpoint(t.Context(), batch(2, 100))
	wantError(t, err, true, path, "no room", "free some space")
	if dump(t, path) != before {
		t.Error("a write that found no room left something")
	}
	if err := l.SaveCheckpoint(t.Context(), batch(3, 3)); err != nil {
		t.Errorf("a smaller write after it: %v", err)
	}
}

func TestADiskThatRefusesToWriteLeavesTheOldContentWhole(t *testing.T) {
	path := filled(t)
	h := start(t, "small files", path)
	said := h.next()
	for _, words := range []string{"error", store.ErrUnavailable.Error(), path, "nothing of this write was kept"} {
		if !strings.Contains(said, words) {
			t.Errorf("the writer says %q, want %q in it", said, words)
		}
	}
	h.kill()
	checkAfterCrash(t, path, 1)
}

func TestAReadOnlyStoreSaysWhatToDo(t *testing.T) {
	dir, err := os.MkdirTemp("", "knelt-readonly") //nolint:usetesting // other users cannot get into t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(os.Chmod(dir, 0o700), os.RemoveAll(dir)); err != nil {
			t.Error(err)
		}
	})
	path := filepath.Join(dir, "store.db")
	if err := os.Rename(filled(t), path); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 { // the writer gives up its rights to be this user
		if err := errors.Join(os.Chown(path, 65534, -1), os.Chown(dir, 65534, -1)); err != nil {
			t.Fatal(err)
		}
	}
	for _, modes := range [][2]os.FileMode{{0o700, 0o400}, {0o500, 0o400}} {
		if err := errors.Join(os.Chmod(path, modes[1]), os.Chmod(dir, modes[0])); err != nil {
			t.Fatal(err)
		}
		said := start(t, "nobody", path).next()
		if !strings.Contains(said, path) || !strings.Contains(said, "read-only") && !strings.Contains(said, "cannot be opened") {
			t.Errorf("folder %o, file %o: the writer says %q", modes[0], modes[1], said)
		}
	}
	checkAfterCrash(t, path, 1)
}

func TestALockThatLastsIsTold(t *testing.T) {
	path := filled(t)
	s := open(t, path, Options{BusyTimeout: 50 * time.Millisecond})
	db := raw(t, path)
	if _, err := db.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	_, err := s.Acquire(t.Context(), connection, "two", time.Hour)
	wantError(t, err, true, path, "locked by another process for 50ms", "try again")
	if _, err := s.Checkpoint(t.Context(), connection); err != nil {
		t.Errorf("reading beside a writer: %v", err)
	}
	if _, err := db.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Acquire(t.Context(), connection, "two", time.Hour); err != nil {
		t.Errorf("after the lock: %v", err)
	}
	closeDB(t, db)
}

func TestAWriterThatWaitsGivesUpWithItsContext(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "store.db"), Options{})
	s.writer <- struct{}{} // another goroutine writes
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := s.Acquire(ctx, connection, "one", time.Hour)
	<-s.writer
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the context's", err)
	}
}

// TestAClockSetBackDoesNotProlongALease: the store's wall clock goes back an
// hour, the holder's own clock goes on.
func TestAClockSetBackDoesNotProlongALease(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "store.db"), Options{})
	l, err := s.Acquire(t.Context(), connection, "one", 30*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	execute(t, s.path, "UPDATE connections SET expires = expires + 3600000") // as the clock, set back, sees it
	time.Sleep(60 * time.Millisecond)
	if err := l.SaveCheckpoint(t.Context(), batch(1, 1)); !errors.Is(err, store.ErrFenced) {
		t.Errorf("past its own time the holder wrote: error %v", err)
	}
}
