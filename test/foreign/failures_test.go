package foreign

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"knelt.dev/pkg/store"
)

func TestAForeignDestinationThatIsKilledFailsTheSyncAndTheNextOneCompletes(t *testing.T) {
	dir := t.TempDir()
	pid := filepath.Join(dir, "pid")
	s := newStory(t, kit(object{"count": 400, "pause_ms": 2}), faros().through("note-pid.sh", pid))
	s.connection["prefix"] = prefix
	killed := make(chan struct{})
	go func() {
		defer close(killed)
		s.until("records were relayed", func() bool { return s.relayed() > 20 })
		kill(t, pid, syscall.SIGKILL)
	}()
	r := s.sync(store.Failed)
	<-killed
	if why := strings.Join(r.Reasons(), "\n"); !strings.Contains(why, "destination") || !strings.Contains(why, "SIGKILL") {
		t.Errorf("reasons %q", r.Reasons())
	}
	if kept := s.checkpoint(); len(kept) != 0 {
		t.Errorf("positions were kept that the destination has not returned: %+v", kept)
	}
	delete(s.source.Config, "pause_ms")
	if r := s.sync(store.Succeeded); r.Ledger.Total.Relayed != 403 {
		t.Errorf("%d records were relayed, not all 403", r.Ledger.Total.Relayed)
	}
}

// kill sends a signal to the process whose id is in a file.
func kill(t *testing.T, file string, signal syscall.Signal) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Error(err)
		return
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 1 {
		t.Errorf("%s holds no process id: %v", file, err)
		return
	}
	if err := syscall.Kill(pid, signal); err != nil {
		t.Error(err)
	}
}

func TestDrainEndsANodeSourceGentlyAndNothingIsLost(t *testing.T) {
	s := newStory(t, kit(object{"count": 400, "pause_ms": 2, "records_per_state": 10}), lake("lake.db"))
	s.connection["streams"] = []object{{"name": "numbers"}}
	drain := make(chan struct{})
	req := s.request()
	req.Drain = drain
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		s.until("records were relayed", func() bool { return s.relayed() > 30 })
		close(drain)
	}()
	r := s.run(store.Cancelled, req)
	<-drained
	if exit := r.Ledger.Source.Exit; exit == nil || exit.Signal != "SIGTERM" {
		t.Errorf("the source ended by %+v, want the signal it was sent", exit)
	}
	if exit := r.Ledger.Destination.Exit; exit == nil || exit.Code != 0 || exit.Terminated {
		t.Errorf("the destination ended by %+v, want by itself", exit)
	}
	if len(s.checkpoint()) != 1 {
		t.Error("no position was kept of what the destination has committed")
	}
	delete(s.source.Config, "pause_ms")
	next := s.sync(store.Succeeded)
	if n := next.Ledger.Total.Relayed; n == 0 || n >= 400 {
		t.Errorf("%d records were relayed: it did not go on from the position", n)
	}
	if n, ids := rows(t, filepath.Join(s.dir, "lake.db"), "numbers"); n != 400 || ids != 400 {
		t.Errorf("%d rows of %d ids, not 400", n, ids)
	}
}

func TestRecordsOfAMegabyteArrive(t *testing.T) {
	to := t.TempDir()
	s := newStory(t, kit(object{"count": 20, "pad": 1 << 20}), faros().through("listen.sh", to))
	s.connection["prefix"] = prefix
	r := s.sync(store.Succeeded)
	if n := printed(t, to); n != 23 || r.Ledger.Total.Bytes < 20<<20 {
		t.Errorf("%d records arrived of %d bytes", n, r.Ledger.Total.Bytes)
	}
}

func TestADestinationThatStopsReadingEarlyIsNeverASuccess(t *testing.T) {
	// As one destination of the wild does at a line over 64 KiB: it ends, says
	// nothing, and exits with code 0.
	deaf := end{Connector: program{Command: []string{filepath.Join(here, "testdata", "deaf.sh")}}, Config: object{}}
	s := newStory(t, kit(object{"count": 20, "pad": 1 << 20}), deaf)
	r := s.sync(store.Incomplete)
	if why := strings.Join(r.Reasons(), "\n"); !strings.Contains(why, "exited with code 0") || len(s.checkpoint()) != 0 {
		t.Errorf("reasons %q, kept positions %+v", r.Reasons(), s.checkpoint())
	}
}

func TestRecordsTheDestinationRefusesFailTheSyncWhereItIsToldTo(t *testing.T) {
	// As delivered, it skips what it cannot convert and returns the state all the
	// same; nothing on its stdout but log lines tells. With FAIL it exits with 1.
	destination := faros()
	destination.Config["jsonata_expression"] = `{"a": 1, "b": 2}`
	destination.Config["invalid_record_strategy"] = "FAIL"
	s := newStory(t, faker(object{"state_kind": "GLOBAL"}), destination)
	s.connection["prefix"] = prefix
	r := s.sync(store.Failed)
	if why := strings.Join(r.Reasons(), "\n"); !strings.Contains(why, "jsonata result should contain a single key") || len(s.checkpoint()) != 0 {
		t.Errorf("reasons %q, kept positions %+v", r.Reasons(), s.checkpoint())
	}
}

func TestAStreamThatFailsWithNothingButALogLine(t *testing.T) {
	// The kit goes on with the other streams and exits with 0; only its log and
	// siblings of its states tell.
	s := newStory(t, kit(object{"count": 250, "fail_at": 120}), lake("lake.db"))
	r := s.sync(store.Incomplete)
	if why := strings.Join(r.Reasons(), "\n"); !strings.Contains(why, "its log has an error") {
		t.Errorf("reasons %q", r.Reasons())
	}
	if got := r.Ledger.Streams[0].Relayed; got != 119 {
		t.Errorf("%d numbers were relayed, not the 119 before the failure", got)
	}
	delete(s.source.Config, "fail_at")
	if r = s.sync(store.Succeeded); r.Ledger.Streams[0].Relayed != 131 {
		t.Errorf("%d numbers were relayed, not the 131 others", r.Ledger.Streams[0].Relayed)
	}
	if n, ids := rows(t, filepath.Join(s.dir, "lake.db"), "numbers"); n != 250 || ids != 250 {
		t.Errorf("%d rows of %d ids, not 250", n, ids)
	}
}
