package replication_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// TestCompleteIsSaidForWholeStreamsOnly: who said so; all, where a source says
// no statuses at all and ends well.
func TestCompleteIsSaidForWholeStreamsOnly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		source  program
		outcome store.Status
		reasons []string
		want    []string
	}{
		"no statuses, exit 0":              {says(0, record("a", 1)), store.Succeeded, nil, []string{"a", "b", "c"}},
		"no statuses, exit 1":              {says(1, record("a", 1)), store.Failed, []string{"exited with code 1", "stream a: not known to be complete"}, nil},
		"no statuses, ERROR log, exit 0":   {says(0, record("a", 1), logLine("ERROR", "reading b failed")), store.Incomplete, []string{"stream b: not known to be complete", "reading b failed"}, nil},
		"all said, ERROR log, exit 0":      {says(0, logLine("ERROR", "tried again"), status("a", "COMPLETE"), status("b", "COMPLETE"), status("c", "COMPLETE")), store.Succeeded, nil, []string{"a", "b", "c"}},
		"no statuses, WARN log, exit 0":    {says(0, logLine("WARN", "slow"), record("a", 1)), store.Succeeded, nil, []string{"a", "b", "c"}},
		"no statuses, TRACE ERROR, exit 0": {says(0, traceError("x", "")), store.Failed, []string{"x"}, nil},
		"all said, exit 0":                 {says(0, status("c", "COMPLETE"), status("a", "STARTED"), status("a", "COMPLETE"), status("b", "COMPLETE")), store.Succeeded, nil, []string{"a", "b", "c"}},
		"some said, exit 1":                {says(1, status("b", "COMPLETE"), status("a", "RUNNING"), status("c", "INCOMPLETE")), store.Failed, []string{"stream a: the source never said it is COMPLETE", "stream c: the source says it is INCOMPLETE"}, []string{"b"}},
		"some said, exit 0":                {says(0, status("b", "COMPLETE")), store.Incomplete, []string{"stream a: the source never said it is COMPLETE"}, []string{"b"}},
		"INCOMPLETE, exit 0":               {says(0, status("a", "COMPLETE"), status("b", "COMPLETE"), status("c", "INCOMPLETE")), store.Incomplete, []string{"stream c: the source says it is INCOMPLETE"}, []string{"a", "b"}},
		"taken back":                       {says(0, status("a", "COMPLETE"), status("b", "COMPLETE"), status("c", "COMPLETE"), status("c", "INCOMPLETE")), store.Incomplete, []string{"stream c"}, []string{"a", "b"}},
		"RUNNING only, mid-stream end":     {says(0, status("a", "RUNNING"), record("a", 1)), store.Incomplete, []string{"stream a: the source never said it is COMPLETE", "stream b"}, nil},
		"statuses of unknown streams only": {says(0, status("ghosts", "COMPLETE")), store.Incomplete, []string{"stream a: the source never said it is COMPLETE"}, nil},
	} {
		for _, refreshes := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				var got strings.Builder
				trial{source: c.source, destination: echoes(&got, nil), cfg: replication.Config{
					Streams: []replication.Stream{named("a"), named("b"), named("c")}, SupportsRefreshes: refreshes, Emitted: time.UnixMilli(1700000000123),
				}}.start(t).is(c.outcome, c.reasons...)
				if want := completes(refreshes, c.want); !strings.HasSuffix(got.String(), want) || strings.Count(got.String(), "COMPLETE") != strings.Count(want, "COMPLETE") {
					t.Errorf("the destination got\n%s\nwant at the end\n%s", got.String(), want)
				}
			})
		}
	}
}

// completes are the lines that a destination with refreshes gets.
func completes(refreshes bool, streams []string) (lines string) {
	for _, s := range streams {
		if refreshes {
			lines += `{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1700000000123,"stream_status":{"stream_descriptor":{"name":"` + s + `"},"status":"COMPLETE"}}}` + "\n"
		}
	}
	return lines
}

func TestCompleteCarriesTheDestinationsName(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	trial{source: says(0, status("users", "COMPLETE")), destination: echoes(&got, nil), cfg: replication.Config{
		Streams: []replication.Stream{{Descriptor: airbyte.Descriptor{Name: "users"}, As: airbyte.Descriptor{Namespace: "raw", Name: "x_users"}}}, SupportsRefreshes: true,
	}}.start(t).is(store.Succeeded)
	if !strings.Contains(got.String(), `"name":"x_users"`) || !strings.Contains(got.String(), `"namespace":"raw"`) {
		t.Errorf("the destination got %s", got.String())
	}
}

// TestEmptyStatesAreInjectedWhereASourceSendsNone, so that the destination can
// tell its counts; they never become a position.
func TestEmptyStatesAreInjectedWhereASourceSendsNone(t *testing.T) {
	t.Parallel()
	inject := func(name string) replication.Stream {
		s := named(name)
		s.Inject = true
		return s
	}
	injected := `{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{}},"sourceStats":{"recordCount":3.0},"id":1}}`
	for name, c := range map[string]struct {
		stream replication.Stream
		source program
		want   []string // lines after the records
	}{
		"none sent":    {inject("users"), says(0, records("users", 3)...), []string{injected}},
		"not to be":    {named("users"), says(0, records("users", 3)...), nil},
		"one sent":     {inject("users"), says(0, append(records("users", 3), streamState("users", 1))...), []string{strings.Replace(streamState("users", 1), `{"type":"STREAM"`, `{"id":1,"sourceStats":{"recordCount":3.0},"type":"STREAM"`, 1)}},
		"exit 1":       {inject("users"), says(1, records("users", 3)...), nil},
		"after GLOBAL": {inject("users"), says(0, append(records("users", 3), asState(`{"type":"GLOBAL","global":{"stream_states":[]}}`))...), []string{asState(`{"id":1,"sourceStats":{"recordCount":3.0},"type":"GLOBAL","global":{"stream_states":[]}}`)}},
		"after LEGACY": {inject("users"), says(0, append(records("users", 3), asState(`{"data":{}}`))...), []string{asState(`{"id":1,"sourceStats":{"recordCount":3.0},"data":{}}`)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got strings.Builder
			r := trial{source: c.source, destination: echoes(&got, countedBy("sourceStats")), cfg: replication.Config{Streams: []replication.Stream{c.stream}}}.start(t)
			if want := strings.Join(append(records("users", 3), c.want...), "\n") + "\n"; got.String() != want {
				t.Error(cmp.Diff(want, got.String()))
			}
			if name == "none sent" {
				r.is(store.Succeeded).keeps("")
				if l := r.ledger.Streams[0]; *l.DestinationSaid != 3 || l.StatesReturned != 1 {
					t.Errorf("ledger %+v", l)
				}
			}
		})
	}
}

func TestInjectedStatesCanBeReturnedInAnyWay(t *testing.T) {
	t.Parallel()
	streams := []replication.Stream{named("users"), named("orders")}
	streams[0].Inject, streams[1].Inject = true, true
	for name, change := range map[string]func([]string) []string{"with ids": slices.Clone[[]string], "without ids": eachWithoutID} {
		r := trial{
			source: says(0, record("users", 1)), destination: returns(change), cfg: replication.Config{Streams: streams},
		}.start(t).is(store.Succeeded)
		if len(r.store.history) != 0 {
			t.Errorf("%s: an injected state was kept: %v", name, r.store.history)
		}
	}
	trial{source: says(0), destination: returns(func([]string) []string { return nil }), cfg: replication.Config{Streams: streams}}.start(t).
		is(store.Incomplete, "stream users: the destination did not return 1 of 1 states")
}

// TestAResetRunsFromAnEmptySource: positions are forgotten once the destination
// has returned the null states.
func TestAResetRunsFromAnEmptySource(t *testing.T) {
	t.Parallel()
	m := newMemory()
	raw := airbyte.Descriptor{Namespace: "raw", Name: "users"}
	for _, d := range []airbyte.Descriptor{raw, {Name: "orders"}, {Name: "kept"}} {
		m.positions[d] = "old"
	}
	var got strings.Builder
	trial{
		run: replication.EmptySource([]airbyte.Descriptor{raw, {Name: "orders"}}), destination: echoes(&got, nil), store: m,
		cfg: replication.Config{
			Streams:           []replication.Stream{{Descriptor: raw, As: airbyte.Descriptor{Name: "x"}}, named("orders")},
			SupportsRefreshes: true, Emitted: time.UnixMilli(1700000000123),
		},
	}.start(t).is(store.Succeeded)
	want := `{"type":"STATE","state":{"id":1,"sourceStats":{"recordCount":0.0},"type":"STREAM","stream":{"stream_descriptor":{"namespace":null,"name":"x"},"stream_state":null}}}
{"type":"STATE","state":{"id":2,"sourceStats":{"recordCount":0.0},"type":"STREAM","stream":{"stream_descriptor":{"name":"orders"},"stream_state":null}}}
` + completes(true, []string{"x", "orders"})
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[airbyte.Descriptor]string{{Name: "kept"}: "old"}, m.positions); diff != "" {
		t.Error(diff)
	}
}

func TestAResetThatIsNotCommittedForgetsNothing(t *testing.T) {
	t.Parallel()
	m := newMemory()
	m.positions[airbyte.Descriptor{Name: "users"}] = "old"
	trial{
		run: replication.EmptySource([]airbyte.Descriptor{{Name: "users"}}), store: m,
		destination: func(p *process) int { p.drain(); return 1 },
	}.start(t).is(store.Failed, "the destination exited with code 1").keeps("old")
}
