package replication_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// trial is one relay between two programs.
type trial struct {
	source, destination program
	cfg                 replication.Config
	// handling sides do not end at SIGTERM by themselves.
	sourceHandles, destinationHandles bool
	// run, if set, replaces the source.
	run   connector.Run
	store *memory
	// checkpoints, if set, replaces the store.
	checkpoints replication.Checkpointer
	during      func(r *replication.Relay, cancel context.CancelCauseFunc)
}

type cancelFunc = context.CancelCauseFunc

// result is what a trial left behind.
type result struct {
	t      tb
	ledger replication.Ledger
	store  *memory
	log    string
	// exits as the programs had them.
	source, destination *fakeRun
}

func (tr trial) start(t tb) result {
	t.Helper()
	r := result{t: t, store: tr.store}
	if r.store == nil {
		r.store = newMemory()
	}
	book := &logbook{}
	cfg := tr.cfg
	if cfg.Log == nil {
		cfg.Log = book.log
	}
	cfg.Checkpoints = r.store
	if tr.checkpoints != nil {
		cfg.Checkpoints = tr.checkpoints
	}
	if cfg.Streams == nil {
		cfg.Streams = []replication.Stream{named("users")}
	}
	if cfg.Limits.Grace == 0 {
		cfg.Limits.Grace = 200 * time.Millisecond
	}
	run := tr.run
	if run == nil {
		r.source = launch(t, tr.source, tr.sourceHandles)
		run = r.source
	}
	r.destination = launch(t, tr.destination, tr.destinationHandles)
	relay := replication.New(cfg, run, r.destination)
	r.ledger = tr.wait(t, relay, book)
	r.log = book.String()
	return r
}

// wait runs the relay; it fails the test rather than hang.
func (tr trial) wait(t tb, relay *replication.Relay, book *logbook) replication.Ledger {
	t.Helper()
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	var during sync.WaitGroup
	if tr.during != nil {
		during.Go(func() { tr.during(relay, cancel) })
	}
	defer during.Wait()
	done := make(chan replication.Ledger, 1)
	go func() { done <- relay.Run(ctx) }()
	select {
	case l := <-done:
		return l
	case <-time.After(60 * time.Second):
		cancel(nil)
		t.Fatalf("the relay hangs; log:\n%s", book.String())
		return replication.Ledger{}
	}
}

// is checks the outcome and that the reasons hold all the texts; no texts: that
// there are no reasons at all.
func (r result) is(want store.Status, texts ...string) result {
	r.t.Helper()
	reasons := strings.Join(r.ledger.Reasons, "\n")
	if r.ledger.Outcome != want || len(texts) == 0 && reasons != "" {
		r.t.Errorf("outcome %s, want %s; reasons:\n%s\nlog:\n%s", r.ledger.Outcome, want, reasons, r.log)
	}
	for _, text := range texts {
		if !strings.Contains(reasons, text) {
			r.t.Errorf("the reasons do not say %q:\n%s", text, reasons)
		}
	}
	return r
}

// keeps checks the position of stream users: the cursor of streamState, or a
// whole state; "" for none.
func (r result) keeps(state string) result {
	r.t.Helper()
	if got := r.store.of("users"); got != state {
		r.t.Errorf("checkpoint %q, want %q\nlog:\n%s", got, state, r.log)
	}
	return r
}

// logs checks that the log holds a text, or that it does not.
func (r result) logs(want bool, text string) result {
	r.t.Helper()
	if strings.Contains(r.log, text) != want {
		r.t.Errorf("log holds %q: %v, want %v:\n%s", text, !want, want, r.log)
	}
	return r
}

// logbook keeps log lines as text.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) log(line replication.LogLine) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.text.Len() < 1<<20 {
		fmt.Fprintf(&l.text, "%s %s %s\n", line.Origin, line.Level, line.Message)
	}
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func named(name string) replication.Stream {
	d := airbyte.Descriptor{Name: name}
	return replication.Stream{Descriptor: d, As: d}
}
