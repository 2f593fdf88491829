package replication_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// TestAStateGetsIDAndCountAndKeepsEverythingElse: a destination may need what
// only its source knows, so sibling keys, order and blanks stay.
func TestAStateGetsIDAndCountAndKeepsEverythingElse(t *testing.T) {
	t.Parallel()
	public := replication.Stream{Descriptor: airbyte.Descriptor{Namespace: "public", Name: "users"}, As: airbyte.Descriptor{Namespace: "raw", Name: "x_users"}}
	for name, c := range map[string]struct {
		stream         replication.Stream
		line, want     string
		kept           string
		unlikeTheState bool
	}{
		"siblings of the envelope": {
			line: `{"type":"STATE","redacted_config":{"k":1},"source_type":"x","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{}},"z":[1, 2]},"last":null}`,
			want: `{"type":"STATE","redacted_config":{"k":1},"source_type":"x","state":{"id":1,"sourceStats":{"recordCount":1.0},"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{}},"z":[1, 2]},"last":null}`,
		},
		"type last, blanks": {
			line: `{ "state" : { "stream" : { "stream_state" : { "a" : 1.0 } , "stream_descriptor" : { "name" : "users" } } , "type" : "STREAM" } , "type" : "STATE" }`,
			want: `{ "state" : {"id":1,"sourceStats":{"recordCount":1.0}, "stream" : { "stream_state" : { "a" : 1.0 } , "stream_descriptor" : { "name" : "users" } } , "type" : "STREAM" } , "type" : "STATE" }`,
		},
		"id and count given": {
			line: `{"type":"STATE","state":{"type":"STREAM","id":77,"sourceStats":{"x":1,"recordCount":1},"stream":{"stream_descriptor":{"name":"users"}}}}`,
			want: `{"type":"STATE","state":{"type":"STREAM","id":1,"sourceStats":{"x":1,"recordCount":1},"stream":{"stream_descriptor":{"name":"users"}}}}`,
		},
		"stats without count": {
			line: `{"type":"STATE","state":{"type":"STREAM","sourceStats":{"x":1},"stream":{"stream_descriptor":{"name":"users"}}}}`,
			want: `{"type":"STATE","state":{"id":1,"type":"STREAM","sourceStats":{"recordCount":1.0,"x":1},"stream":{"stream_descriptor":{"name":"users"}}}}`,
		},
		"empty stats": {
			line: `{"type":"STATE","state":{"type":"STREAM","sourceStats":{},"stream":{"stream_descriptor":{"name":"users"}}}}`,
			want: `{"type":"STATE","state":{"id":1,"type":"STREAM","sourceStats":{"recordCount":1.0},"stream":{"stream_descriptor":{"name":"users"}}}}`,
		},
		"null stats, null namespace": {
			line: `{"type":"STATE","state":{"type":"STREAM","sourceStats":null,"stream":{"stream_descriptor":{"namespace":null,"name":"users"}}}}`,
			want: `{"type":"STATE","state":{"id":1,"type":"STREAM","sourceStats":{"recordCount":1.0},"stream":{"stream_descriptor":{"namespace":null,"name":"users"}}}}`,
		},
		"empty namespace, escaped keys": {
			line: `{"type":"STATE","state":{"typ\u0065":"STREAM","stream":{"stream_descriptor":{"namespace":"","n\u0061me":"us\u0065rs"}}}}`,
			want: `{"type":"STATE","state":{"id":1,"sourceStats":{"recordCount":1.0},"typ\u0065":"STREAM","stream":{"stream_descriptor":{"namespace":"","n\u0061me":"us\u0065rs"}}}}`,
		},
		"renamed": {
			stream: public,
			line:   `{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"users","namespace":"public"},"stream_state":{"name":"users"}}}}`,
			want:   `{"type":"STATE","state":{"id":1,"sourceStats":{"recordCount":1.0},"type":"STREAM","stream":{"stream_descriptor":{"name":"x_users","namespace":"raw"},"stream_state":{"name":"users"}}}}`,
		},
		"stream and legacy data": {
			line: `{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"a":1}},"data":{"users":{"a":1}}}}`,
			want: `{"type":"STATE","state":{"id":1,"sourceStats":{"recordCount":1.0},"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"a":1}},"data":{"users":{"a":1}}}}`,
			kept: `{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"a":1}}}`,
		},
		"untyped stream": {
			line: `{"type":"STATE","state":{"stream":{"stream_descriptor":{"name":"users"},"stream_state":{"a":1}}}}`,
			want: `{"type":"STATE","state":{"id":1,"sourceStats":{"recordCount":1.0},"stream":{"stream_descriptor":{"name":"users"},"stream_state":{"a":1}}}}`,
		},
		"gzip and base64 blob": {
			line: `{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"format":"base64/gzip","data":"H4sIAAAAAAAAE6tWSlSyUjBUqgUAlqJgzAkAAAA="}}}}`,
			want: `{"type":"STATE","state":{"id":1,"sourceStats":{"recordCount":1.0},"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"format":"base64/gzip","data":"H4sIAAAAAAAAE6tWSlSyUjBUqgUAlqJgzAkAAAA="}}}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.stream.Descriptor.Name == "" {
				c.stream = named("users")
			}
			rec := record("users", 1)
			if ns := c.stream.Descriptor.Namespace; ns != "" {
				rec = `{"type":"RECORD","record":{"stream":"users","namespace":"public","data":{}}}`
			}
			var got strings.Builder
			r := trial{
				source: says(0, rec, c.line), destination: echoes(&got, nil),
				cfg: replication.Config{Streams: []replication.Stream{c.stream}},
			}.start(t).is(store.Succeeded)
			lines := strings.Split(got.String(), "\n")
			if diff := cmp.Diff(c.want, lines[1]); diff != "" {
				t.Error(diff)
			}
			if strings.Contains(name, "count given") || strings.Contains(name, "stats") || strings.Contains(name, "empty namespace") {
				return // those without a stream_state are resets
			}
			if c.kept == "" {
				c.kept = bodyOf(t, c.line)
			}
			if diff := cmp.Diff(c.kept, r.store.positions[c.stream.Descriptor]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// bodyOf cuts the "state" object out of a line.
func bodyOf(t *testing.T, line string) string {
	t.Helper()
	var e airbyte.Envelope
	if airbyte.Classify([]byte(line), &e) != airbyte.ProtocolLine {
		t.Fatalf("no message: %s", line)
	}
	return string(e.Body.Of([]byte(line)))
}

func TestAWrongCountOfTheSourceIsPutRightAndSpoilsSuccess(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	state := `{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"a":1}},"sourceStats":{"recordCount":5.0}}}`
	r := trial{source: says(0, record("users", 1), state), destination: echoes(&got, nil)}.start(t).
		is(store.Incomplete, "stream users: the source says 5 records, 1 were relayed").logs(true, "the destination is told 1")
	if !strings.Contains(got.String(), `"recordCount":1.0`) {
		t.Errorf("the destination got:\n%s", got.String())
	}
	if r.store.of("users") == "" {
		t.Error("the state did not become a checkpoint")
	}
}

// TestCountsAreThoseSinceTheStreamsLastState as the newest Python kit has them,
// with streams interleaved and the last count 0.
func TestCountsAreThoseSinceTheStreamsLastState(t *testing.T) {
	t.Parallel()
	counted := func(stream string, cursor int, count string) string {
		return strings.Replace(streamState(stream, cursor), `{"type":"STREAM",`, `{"type":"STREAM","sourceStats":{"recordCount":`+count+`},`, 1)
	}
	r := trial{
		source: says(0, status("users", "STARTED"), status("orders", "STARTED"),
			record("users", 1), record("orders", 1), record("users", 2), counted("users", 1, "2.0"),
			record("orders", 2), record("users", 3), counted("orders", 1, "2.0"), counted("users", 1, "1.0"),
			status("users", "COMPLETE"), counted("users", 1, "0.0"), status("orders", "COMPLETE"), counted("orders", 2, "0")),
		destination: echoes(nil, countedBy("sourceStats")),
		cfg:         replication.Config{Streams: []replication.Stream{named("users"), named("orders")}},
	}.start(t).is(store.Succeeded)
	for i, want := range []int64{3, 2} {
		if l := r.ledger.Streams[i]; *l.SourceSaid != want || *l.DestinationSaid != want || l.Relayed != want || l.DestinationCovered != want {
			t.Errorf("ledger %+v, want %d everywhere", l.Counts, want)
		}
	}
}

// countedBy lets a destination tell the count it was told.
func countedBy(key string) func(string) string {
	return func(l string) string {
		return strings.Replace(l, `"`+key+`"`, `"destinationStats"`, 1)
	}
}

func TestStatesBeforeRecordsAfterCompleteAndAfterIncomplete(t *testing.T) {
	t.Parallel()
	t.Run("before any record, after COMPLETE, after the last LOG", func(t *testing.T) {
		trial{
			source: says(0, streamState("users", 0), record("users", 1), status("users", "COMPLETE"),
				`{"type":"LOG","log":{"level":"INFO","message":"done"}}`, streamState("users", 1)),
			destination: echoes(nil, nil),
		}.start(t).is(store.Succeeded).keeps(body("users", 1))
	})
	t.Run("after INCOMPLETE", func(t *testing.T) {
		trial{
			source:      says(1, status("users", "STARTED"), record("users", 1), status("users", "INCOMPLETE"), streamState("users", 1)),
			destination: echoes(nil, nil),
		}.start(t).is(store.Failed, "the source exited with code 1", "stream users: the source says it is INCOMPLETE").keeps(body("users", 1))
	})
	t.Run("an incremental source that sends none", func(t *testing.T) {
		trial{source: says(0, records("users", 100)...), destination: echoes(nil, nil)}.start(t).is(store.Succeeded).keeps("")
	})
}

func TestGlobalAndLegacyStatesAreKeptWhole(t *testing.T) {
	t.Parallel()
	for name, state := range map[string]string{
		"GLOBAL":                       `{"type":"GLOBAL","global":{"shared_state":{"lsn":5},"stream_states":[{"stream_descriptor":{"name":"users"},"stream_state":{"a":1}}]}}`,
		"untyped GLOBAL":               `{"global":{"shared_state":{"lsn":5},"stream_states":[]}}`,
		"LEGACY":                       `{"type":"LEGACY","data":{"users":{"a":1}}}`,
		"untyped LEGACY":               `{"data":{"users":{"a":1}}}`,
		"untyped LEGACY with a stream": `{"stream":{"stream_descriptor":{"name":"users"},"stream_state":{}},"data":{"users":{"a":1}}}`,
	} {
		for way, how := range map[string]func(string) string{"by id": nil, "without id": withoutID} {
			t.Run(name+" "+way, func(t *testing.T) {
				t.Parallel()
				r := trial{source: says(0, record("users", 1), record("users", 2), asState(state)), destination: echoes(nil, how)}.start(t).is(store.Succeeded)
				if got := r.store.positions[airbyte.Descriptor{}]; got != state {
					t.Errorf("checkpoint %s, want %s", got, state)
				}
				if r.ledger.Total.StatesSent != 1 || r.ledger.Total.StatesReturned != 1 {
					t.Errorf("ledger %+v", r.ledger.Total)
				}
			})
		}
	}
}

// TestAGlobalStateAcknowledgesAllBefore even where a destination returns the
// last one alone.
func TestAGlobalStateAcknowledgesAllBefore(t *testing.T) {
	t.Parallel()
	global := func(lsn int) string {
		return asState(fmt.Sprintf(`{"type":"GLOBAL","global":{"shared_state":{"lsn":%d},"stream_states":[]}}`, lsn))
	}
	r := trial{
		source:      says(0, global(1), record("users", 1), global(2), record("users", 2), global(3)),
		destination: returns(func(s []string) []string { return s[len(s)-1:] }),
	}.start(t).is(store.Succeeded)
	if r.ledger.Total.StatesReturned != 3 {
		t.Errorf("ledger %+v", r.ledger.Total)
	}
}

func TestMixedKindsOfStateFailTheSyncAndKeepWhatWasCommitted(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	trial{
		source:      says(0, record("users", 1), streamState("users", 1), record("users", 2), asState(`{"type":"GLOBAL","global":{"stream_states":[]}}`), record("users", 3)),
		destination: echoes(&got, nil),
	}.start(t).is(store.Failed, "protocol violation: line 4 of the source is a GLOBAL state after STREAM states").keeps(body("users", 1))
	if strings.Contains(got.String(), record("users", 3)) || !strings.Contains(got.String(), record("users", 2)) {
		t.Errorf("the destination got:\n%s", got.String())
	}
}

func TestAStateOfAnotherKindForAnUnknownStreamIsNoMix(t *testing.T) {
	t.Parallel()
	trial{
		source:      says(0, asState(`{"type":"GLOBAL","global":{"stream_states":[]}}`), streamState("ghosts", 1)),
		destination: echoes(nil, nil),
	}.start(t).is(store.Succeeded)
}

func TestStatesThatCannotBeUsedMakeTheSyncIncomplete(t *testing.T) {
	t.Parallel()
	for state, reason := range map[string]string{
		`{"type":"STREAM"}`:            "their stream cannot be told",
		`{"type":"GLOBAL","global":3}`: "their stream cannot be told",
		`{"type":"SOMETHING"}`:         "their stream cannot be told",
		`{"type":7}`:                   "their stream cannot be told",
		`{}`:                           "their stream cannot be told",
		`{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{}},"data":{},"sourceStats":{"recordCount":"x"}}`: "stream users: 1 broken",
	} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			var got strings.Builder
			trial{source: says(0, record("users", 1), asState(state)), destination: echoes(&got, nil)}.start(t).
				is(store.Incomplete, reason).keeps("")
			if got.String() != record("users", 1)+"\n" {
				t.Errorf("the destination got:\n%s", got.String())
			}
		})
	}
}

func TestANullStateForgetsTheStreamOnceReturned(t *testing.T) {
	t.Parallel()
	null := asState(`{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":null}}`)
	t.Run("after a position", func(t *testing.T) {
		m := newMemory()
		m.positions[airbyte.Descriptor{Name: "users"}] = "old"
		trial{source: says(0, streamState("users", 1), null), destination: returns(func(s []string) []string { return s[1:] }), store: m}.
			start(t).is(store.Succeeded).keeps("")
	})
	t.Run("before a position", func(t *testing.T) {
		trial{source: says(0, null, streamState("users", 1)), destination: returns(func(s []string) []string { return s[1:] })}.
			start(t).is(store.Succeeded).keeps(body("users", 1))
	})
	t.Run("not returned", func(t *testing.T) {
		m := newMemory()
		m.positions[airbyte.Descriptor{Name: "users"}] = "old"
		trial{source: says(0, null), destination: returns(func([]string) []string { return nil }), store: m}.
			start(t).is(store.Incomplete, "did not return 1 of 1").keeps("old")
	})
}
