package replication

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connector"
)

// deskRun is a run whose stdin is kept and that says nothing.
type deskRun struct{ in bytes.Buffer }

func (r *deskRun) Stdin() io.WriteCloser         { return deskInput{&r.in} }
func (r *deskRun) Stdout() io.Reader             { return strings.NewReader("") }
func (r *deskRun) Stderr() io.Reader             { return strings.NewReader("") }
func (r *deskRun) Terminate(time.Duration)       {}
func (r *deskRun) Wait() (connector.Exit, error) { return connector.Exit{}, nil }

type deskInput struct{ *bytes.Buffer }

func (deskInput) Close() error { return nil }

// desk is a relay that is fed by hand.
type desk struct {
	*Relay
	run *deskRun
}

func newDesk(cfg Config) desk {
	run := &deskRun{}
	d := desk{New(cfg, EmptySource(nil), run), run}
	d.saver = &saver{waiting: map[airbyte.Descriptor]step{}}
	return d
}

// event is a block of the source, or a line of the destination.
type event struct {
	block string
	line  string
}

func (d desk) feed(t *rapid.T, e event) {
	if e.line != "" {
		d.listener.hear([]byte(e.line), true)
		return
	}
	if err := d.forwarder.block([]byte(e.block)); err != nil {
		t.Fatal(err)
	}
}

// end is what a good end of the source brings.
func (d desk) end() { d.finish(ending{}) }

func drawDesk(t *rapid.T) Config {
	as := airbyte.Descriptor{Namespace: "raw", Name: "to_b"}
	return Config{
		Streams: []Stream{
			{Descriptor: airbyte.Descriptor{Name: "a"}, As: airbyte.Descriptor{Name: "a"}, Inject: rapid.Bool().Draw(t, "inject")},
			{Descriptor: airbyte.Descriptor{Name: "b"}, As: as, Fields: []string{"id"}},
		},
		SupportsRefreshes:   rapid.Bool().Draw(t, "refreshes"),
		AcknowledgesInOrder: rapid.Bool().Draw(t, "in order"),
		Emitted:             time.UnixMilli(1_700_000_000_123),
		Limits:              Limits{PendingStates: rapid.SampledFrom([]int{4, 50_000}).Draw(t, "pending")},
	}
}

// drawEvent draws what a source or a destination may say; states counts those
// sent so far.
func drawEvent(t *rapid.T, global bool, states *int) event {
	stream := rapid.SampledFrom([]string{"a", "b", "ghost"}).Draw(t, "stream")
	if rapid.IntRange(0, 2).Draw(t, "who") == 0 {
		return event{line: drawEcho(t, stream, global, *states)}
	}
	var block strings.Builder
	for range rapid.IntRange(1, 6).Draw(t, "lines") {
		switch kind := rapid.IntRange(0, 11).Draw(t, "kind"); {
		case kind < 6:
			fmt.Fprintf(&block, `{"type":"RECORD","record":{"stream":%q,"data":{"id":%d,"x":1}}}`+"\n", stream, kind)
		case kind < 9:
			*states++
			block.WriteString(deskState(stream, global, rapid.IntRange(0, 5).Draw(t, "cursor"), ``) + "\n")
		case kind == 9:
			fmt.Fprintf(&block, `{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1,"stream_status":{"stream_descriptor":{"name":%q},"status":"COMPLETE"}}}`+"\n", stream)
		case kind == 10:
			fmt.Fprintf(&block, `{"type":"RECORD","record":{"stream":%q,"data":{"cut`+"\n", stream)
		default:
			block.WriteString(rapid.SampledFrom([]string{
				"plain", `{"type":"LOG","log":{"level":"ERROR","message":"bad"}}`,
				`{"type":"TRACE","trace":{"type":"ERROR","emitted_at":1,"error":{"message":"no <&> \u00ff"}}}`,
				`{"type":"CONNECTION_STATUS","connectionStatus":{"status":"FAILED","message":"refused"}}`,
				`{"type":"TRACE","trace":{"type":"ESTIMATE","emitted_at":1,"estimate":{"name":"a","type":"STREAM","row_estimate":12}}}`,
			}).Draw(t, "other") + "\n")
		}
	}
	return event{block: block.String()}
}

func deskState(stream string, global bool, cursor int, more string) string {
	if global {
		return fmt.Sprintf(`{"type":"STATE","state":{%s"type":"GLOBAL","global":{"shared_state":{"c":%d}, "stream_states":[]},"sourceStats":{"recordCount":2.0}}}`, more, cursor)
	}
	return fmt.Sprintf(`{"type":"STATE","state":{%s"type":"STREAM", "stream":{"stream_descriptor":{"name":%q},"stream_state":{"c":%d}}}}`, more, stream, cursor)
}

func drawEcho(t *rapid.T, stream string, global bool, states int) string {
	more := ""
	if rapid.Bool().Draw(t, "has id") && states > 0 {
		more = fmt.Sprintf(`"id":%d,`, rapid.IntRange(1, states).Draw(t, "id"))
	}
	if rapid.Bool().Draw(t, "counts") {
		more += `"destinationStats":{"recordCount":1.0,"rejectedRecordCount":1.0},`
	}
	if stream == "b" && !global {
		more += `"x":0,`
		return strings.Replace(deskState("to_b", false, rapid.IntRange(0, 5).Draw(t, "cursor"), more), `"name":"to_b"`, `"namespace":"raw","name":"to_b"`, 1)
	}
	return deskState(stream, global, rapid.IntRange(0, 5).Draw(t, "cursor"), more)
}

// TestARestoredRelayIsTheSameRelay: whatever came before the snapshot, what
// comes after makes of both the same bytes, the same ledger, and again the same
// snapshot.
func TestARestoredRelayIsTheSameRelay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg, global, states := drawDesk(t), rapid.Bool().Draw(t, "global"), 0
		first := newDesk(cfg)
		for range rapid.IntRange(0, 40).Draw(t, "before") {
			first.feed(t, drawEvent(t, global, &states))
		}
		if rapid.IntRange(0, 9).Draw(t, "ended") == 0 {
			first.end()
		}
		second := succeed(t, first, cfg)
		first.run.in.Reset()
		for range rapid.IntRange(0, 40).Draw(t, "after") {
			e := drawEvent(t, global, &states)
			if e.block != "" && first.finished {
				continue
			}
			first.feed(t, e)
			second.feed(t, e)
		}
		first.end()
		second.end()
		if diff := cmp.Diff(first.run.in.String(), second.run.in.String()); diff != "" {
			t.Fatalf("sent: %s", diff)
		}
		sameEnd(t, first, second)
	})
}

// succeed gives a relay that was restored from another's snapshot.
func succeed(t *rapid.T, first desk, cfg Config) desk {
	steps := []step{{stream: airbyte.Descriptor{Name: "a"}, reset: true}, {stream: airbyte.Descriptor{Namespace: "n", Name: "b"}}}
	snapshot := first.remember(nil, steps)
	cfg.Emitted = time.Time{} // the snapshot tells it
	second := newDesk(cfg)
	got, err := second.recall(snapshot)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].stream != steps[0].stream || !got[0].reset || got[1].stream != steps[1].stream {
		t.Fatalf("unsaved steps %+v", got)
	}
	if second.finished {
		second.watch.inputClosed()
	}
	if again := second.remember(nil, steps); !bytes.Equal(again, snapshot) {
		t.Fatalf("another snapshot:\n%q\n%q", snapshot, again)
	}
	return second
}

func sameEnd(t *rapid.T, first, second desk) {
	a, b := first.settle(ending{}, ending{}, nil), second.settle(ending{}, ending{}, nil)
	a.Elapsed, b.Elapsed = 0, 0
	if diff := cmp.Diff(a, b); diff != "" {
		t.Fatalf("ledger: %s", diff)
	}
	if !bytes.Equal(first.remember(nil, nil), second.remember(nil, nil)) {
		t.Fatal("they remember different things")
	}
}

// TestADamagedSnapshotIsRefused at whatever byte it was cut or changed: it makes
// an error or another relay, never a panic or a flood of memory.
func TestADamagedSnapshotIsRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg, states := drawDesk(t), 0
		first := newDesk(cfg)
		for range 20 {
			first.feed(t, drawEvent(t, false, &states))
		}
		snapshot := first.remember(nil, nil)
		cut := rapid.IntRange(0, len(snapshot)-1).Draw(t, "cut")
		if _, err := newDesk(cfg).recall(snapshot[:cut]); err == nil {
			t.Fatal("a snapshot that was cut off is taken")
		}
		damaged := bytes.Clone(snapshot)
		damaged[cut] ^= byte(rapid.IntRange(1, 255).Draw(t, "change"))
		_, _ = newDesk(cfg).recall(damaged) // it may be a number that cannot be told from a good one
	})
}

func TestASnapshotOfAnotherSyncIsRefused(t *testing.T) {
	cfg := Config{Streams: []Stream{{Descriptor: airbyte.Descriptor{Name: "a"}}}}
	snapshot := newDesk(cfg).remember(nil, nil)
	cfg.Streams[0].Fields = []string{"id"}
	if _, err := newDesk(cfg).recall(snapshot); err == nil || !strings.Contains(err.Error(), "other streams or limits") {
		t.Errorf("got %v", err)
	}
}

// TestManyStatesUnderWayAreMergedForASnapshot, until it is small enough.
func TestManyStatesUnderWayAreMergedForASnapshot(t *testing.T) {
	d := newDesk(Config{
		Streams: []Stream{{Descriptor: airbyte.Descriptor{Name: "a"}, As: airbyte.Descriptor{Name: "a"}}},
		Limits:  Limits{PendingBytes: 100 << 20},
	})
	pad := strings.Repeat("x", 1<<20)
	for i := range 40 {
		line := fmt.Sprintf(`{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"a"},"stream_state":{"c":%d,"x":%q}}}}`+"\n", i, pad)
		if err := d.forwarder.block([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	m := &marks{relay: d.Relay}
	b := m.snapshot(nil)
	if len(b) > softSnapshot || d.book.live() != 10 {
		t.Errorf("%d bytes, %d states", len(b), d.book.live())
	}
	d.listener.hear([]byte(`{"type":"STATE","state":{"id":40}}`), true)
	if l := d.Progress().Streams[0]; l.StatesReturned != 40 {
		t.Errorf("%d states came back", l.StatesReturned)
	}
}
