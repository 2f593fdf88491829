package sqlite

import (
	"database/sql"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"knelt.dev/pkg/store"
)

// TestKilledAtAnyMomentNothingAcknowledgedIsLost kills a writer 60 times, also
// while it makes, opens and recovers the file.
func TestKilledAtAnyMomentNothingAcknowledgedIsLost(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	path := filepath.Join(t.TempDir(), "store.db")
	acknowledged, kills, early := 0, 60, 0
	for i := range kills {
		w := start(t, "writer", path)
		after := time.Duration(random.IntN(40)) * time.Millisecond
		early += killAfter(t, w, i%4 == 0, after, &acknowledged)
		checkAfterCrash(t, path, acknowledged)
	}
	t.Logf("%d kills (%d before the first commit), %d batches acknowledged, none lost", kills, early, acknowledged)
	if acknowledged < kills {
		t.Errorf("only %d batches: the writers were killed too early to prove anything", acknowledged)
	}
}

// killAfter kills the writer some time after its first commit, or, if early,
// after its start, and notes what it said. It gives 1 if there was no commit.
func killAfter(t *testing.T, w *helper, early bool, after time.Duration, acknowledged *int) int {
	t.Helper()
	none := 1
	line := ""
	if !early {
		line = w.next()
	}
	timer := time.AfterFunc(after, func() { _ = w.cmd.Process.Kill() })
	defer timer.Stop()
	for ; line != "" || early; line = w.next() {
		if early {
			early = false
			continue
		}
		n, err := strconv.Atoi(line)
		if err != nil {
			t.Fatalf("the writer says %q", line)
		}
		*acknowledged, none = n, 0
	}
	w.kill()
	return none
}

func checkAfterCrash(t *testing.T, path string, acknowledged int) {
	t.Helper()
	s := open(t, path, Options{})
	var verdict string
	if err := s.db.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Fatalf("integrity_check: %s (error %v)", verdict, err)
	}
	c, err := s.Checkpoint(t.Context(), connection)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Positions) != 3 && (len(c.Positions) != 0 || acknowledged > 0) {
		t.Fatalf("%d positions after %d acknowledged batches, want 3", len(c.Positions), acknowledged)
	}
	for _, p := range c.Positions {
		n, err := number(p.State)
		if err != nil || n < acknowledged || string(p.State) != string(c.Positions[0].State) {
			t.Fatalf("position %s has number %d (error %v), acknowledged was %d: lost or half written", p.Stream, n, err, acknowledged)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestTheLeaseOfAKilledProcessIsFreeAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	holder := start(t, "hold", path)
	if line := holder.next(); line != "held" {
		t.Fatal(line)
	}
	s := open(t, path, Options{Alive: store.ProcessAlive})
	_, err := s.Acquire(t.Context(), connection, store.ProcessHolder(), time.Hour)
	var held *store.HeldError
	if !errors.As(err, &held) {
		t.Fatalf("beside a living holder: error %v, want a HeldError", err)
	}
	// Not waited for, the process stays as a zombie, as under a parent that does
	// not care; it is dead all the same.
	if err := holder.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); store.ProcessAlive(held.Info.Holder); {
		if time.Now().After(deadline) {
			t.Fatal("a killed process is still called alive")
		}
		time.Sleep(time.Millisecond)
	}
	l, err := s.Acquire(t.Context(), connection, store.ProcessHolder(), time.Hour)
	if err != nil || l.Epoch() != 2 {
		t.Fatalf("after the holder's death: %v", err)
	}
	byExpiry := open(t, path, Options{})
	if _, err := byExpiry.Acquire(t.Context(), connection, "x", time.Hour); !errors.As(err, &held) {
		t.Errorf("without Alive a lease was taken before its time: %v", err)
	}
}

// TestAStoppedProcessThatWakesLateIsFenced ends the lease's time in the file
// alone, so it is the check inside the transaction that fences.
func TestAStoppedProcessThatWakesLateIsFenced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	w := start(t, "sleeper", path)
	if said := w.next(); said != "held" {
		t.Fatal(said)
	}
	if err := w.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	awaitStopped(t, w.cmd.Process.Pid)
	execute(t, path, "UPDATE connections SET expires = 0")
	s := open(t, path, Options{})
	l, err := s.Acquire(t.Context(), connection, "next", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.SaveCheckpoint(t.Context(), batch(2, 3)); err != nil {
		t.Fatal(err)
	}
	before := dump(t, path)
	if _, err := w.input.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := w.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if said := w.next(); !strings.Contains(said, store.ErrFenced.Error()) {
		t.Errorf("the thawed zombie says %q, want that it was fenced", said)
	}
	if dump(t, path) != before {
		t.Error("the thawed zombie wrote")
	}
}

func awaitStopped(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), ") T ") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the process does not stop")
		}
	}
}

func TestTwoProcessesWriteAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	w := start(t, "writer", path)
	if _, err := strconv.Atoi(w.next()); err != nil {
		t.Fatal("the writer did not write")
	}
	s := open(t, path, Options{})
	l, err := s.Acquire(t.Context(), "another", "one", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan int)
	go func() {
		n := 0
		for range 100 {
			if _, err := strconv.Atoi(w.next()); err == nil {
				n++
			}
		}
		done <- n
	}()
	for i := range 100 {
		if err := l.SaveCheckpoint(t.Context(), batch(i, 3)); err != nil {
			t.Fatal(err)
		}
	}
	if n := <-done; n != 100 {
		t.Errorf("the other process made %d of 100 writes", n)
	}
}

func TestManyProcessesMakeOneStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "home", "store.db")
	var helpers []*helper
	for range 8 {
		helpers = append(helpers, start(t, "open", path))
	}
	for _, h := range helpers {
		if said := h.next(); said != "" {
			t.Error(said)
		}
	}
	var version int
	db := raw(t, path)
	err := db.QueryRow("PRAGMA user_version").Scan(&version)
	if err != nil || version != len(migrations) {
		t.Errorf("user_version %d (error %v)", version, err)
	}
	closeDB(t, db)
}

func closeDB(t *testing.T, db *sql.DB) {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}
