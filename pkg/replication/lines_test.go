package replication_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// TestOddButValidRecordsPassUntouched: what the protocol or JSON allows is not
// the relay's to change.
func TestOddButValidRecordsPassUntouched(t *testing.T) {
	t.Parallel()
	public := airbyte.Descriptor{Namespace: "public", Name: "users"}
	odd := []string{
		`{"record":{"stream":"users","data":{"id":1},"emitted_at":1},"type":"RECORD"}`,
		`{ "type" : "RECORD" , "record" : { "data" : { } , "stream" : "users" , "emitted_at" : 1.0 } } `,
		"{\"type\":\"RECORD\",\"record\":{\"stream\":\"users\",\"data\":{\"ü\":\"\u2028 \\u00fc \\ud83d\"},\"emitted_at\":1700000000}}",
		`{"type":"RECORD","record":{"stream":"users","namespace":null,"data":{"a":1e400,"a":123456789012345678901234567890}}}`,
		`{"type":"RECORD","record":{"stream":"users","namespace":"","data":{"stream":"x","namespace":"y","type":"STATE"},"meta":{"changes":[]}},"trace":null,"extra":[{}]}`,
		"{\"type\":\"RECORD\",\"record\":{\"stream\":\"users\",\"data\":{}}}\r",
		`{"type":"RECORD","record":{"namespace":"public","stream":"users","data":{"in":"a namespace"}}}`,
	}
	var got strings.Builder
	r := trial{
		source:      says(0, odd...),
		destination: echoes(&got, nil),
		cfg:         replication.Config{Streams: []replication.Stream{named("users"), {Descriptor: public, As: public}}},
	}.start(t).is(store.Succeeded)
	if diff := cmp.Diff(strings.Join(odd, "\n")+"\n", got.String()); diff != "" {
		t.Error(diff)
	}
	if a, b := r.ledger.Streams[0].Relayed, r.ledger.Streams[1].Relayed; a != 6 || b != 1 {
		t.Errorf("%d and %d records counted, want 6 and 1", a, b)
	}
}

// TestARecordWithoutTheNamespaceOfItsStreamStaysAsItCame: it belongs to the
// stream, and nothing that is not mapped is rewritten.
func TestARecordWithoutTheNamespaceOfItsStreamStaysAsItCame(t *testing.T) {
	t.Parallel()
	public := airbyte.Descriptor{Namespace: "public", Name: "users"}
	var got strings.Builder
	r := trial{
		source: says(0, `{"type":"RECORD","record":{"stream":"users","data":{"id":1}}}`,
			`{"type":"RECORD","record":{"stream":"users","namespace":null,"data":{"id":2}}}`, streamState("users", 3)),
		destination: echoes(&got, nil),
		cfg:         replication.Config{Streams: []replication.Stream{{Descriptor: public, As: public}}},
	}.start(t).is(store.Succeeded)
	want := `{"type":"RECORD","record":{"stream":"users","data":{"id":1}}}
{"type":"RECORD","record":{"stream":"users","namespace":null,"data":{"id":2}}}
{"type":"STATE","state":{"id":1,"sourceStats":{"recordCount":2.0},"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"cursor":3}}}}
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
	if got := r.store.positions[public]; got != body("users", 3) {
		t.Errorf("checkpoint %s", got)
	}
}

// TestABareNameThatTwoStreamsHaveIsOfNeither keeps rows out of the wrong table.
func TestABareNameThatTwoStreamsHaveIsOfNeither(t *testing.T) {
	t.Parallel()
	var streams []replication.Stream
	for _, ns := range []string{"a", "b"} {
		d := airbyte.Descriptor{Namespace: ns, Name: "users"}
		streams = append(streams, replication.Stream{Descriptor: d, As: d})
	}
	r := trial{source: says(0, records("users", 2)...), destination: echoes(nil, nil), cfg: replication.Config{Streams: streams}}.start(t)
	if n := r.ledger.Source.Unconfigured["users"]; n != 2 || r.ledger.Total.Relayed != 0 {
		t.Errorf("%d records unconfigured and %d relayed, want 2 and 0", n, r.ledger.Total.Relayed)
	}
}

func TestOnlyRecordsAndStatesReachTheDestination(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	trial{
		source: says(0, "Traceback (most recent call last):", `  File "x.py"`, "", `{"not":"a message"}`, `[1]`,
			`{"type":"LOG","log":{"level":"warning","message":"careful"}}`, status("users", "STARTED"), status("users", "RUNNING"),
			`{"type":"TRACE","trace":{"type":"ANALYTICS","emitted_at":1.25,"analytics":{"type":"x","value":"y"}}}`,
			`{"type":"TRACE","trace":{"type":"ESTIMATE","emitted_at":1,"estimate":{"name":"users","type":"STREAM","row_estimate":12}}}`,
			`{"type":"SPEC","spec":{"connectionSpecification":{}}}`, `{"type":"CATALOG","catalog":{"type":"CATALOG","catalog":{"streams":[]}}}`,
			`{"type":"NEW_TYPE","new_type":{}}`, record("users", 1), status("users", "COMPLETE"), streamState("users", 1)),
		destination: echoes(&got, nil),
	}.start(t).is(store.Succeeded).logs(true, "source WARN careful").logs(true, `source INFO   File "x.py"`)
	if lines := strings.Count(got.String(), "\n"); lines != 2 || !strings.HasPrefix(got.String(), record("users", 1)) {
		t.Errorf("the destination got:\n%s", got.String())
	}
}

// TestABrokenRecordIsSkippedCountedAndItsTextKeptSecret covers what garbage in
// a record can look like.
func TestABrokenRecordIsSkippedCountedAndItsTextKeptSecret(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{
		"cut":           `{"type":"RECORD","record":{"stream":"users","data":{"id":"s3cret`,
		"NaN":           `{"type":"RECORD","record":{"stream":"users","data":{"id":NaN,"k":"s3cret"}}}`,
		"invalid UTF-8": "{\"type\":\"RECORD\",\"record\":{\"stream\":\"users\",\"data\":{\"id\":\"\xff s3cret\"}}}",
		"no data":       `{"type":"RECORD","record":{"stream":"users","emitted_at":"s3cret"}}`,
		"trailing":      record("users", 7) + "s3cret",
		"twice":         `{"type":"RECORD","record":{"stream":"users","data":{}},"record":{"stream":"users","data":{"k":"s3cret"}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got strings.Builder
			r := trial{
				source:      says(0, record("users", 1), line, record("users", 2), streamState("users", 2)),
				destination: echoes(&got, nil),
				cfg:         replication.Config{SupportsRefreshes: true},
			}.start(t).is(store.Incomplete, "stream users: 1 broken messages could not be forwarded").logs(false, "s3cret").
				logs(true, "line 2 of the source (").logs(true, "of stream users").keeps(body("users", 2))
			want := record("users", 1) + "\n" + record("users", 2) + "\n"
			if !strings.HasPrefix(got.String(), want) || strings.Contains(got.String(), "s3cret") || strings.Contains(got.String(), "COMPLETE") {
				t.Errorf("the destination got:\n%s", got.String())
			}
			if r.ledger.Streams[0].Broken != 1 || strings.Contains(fmt.Sprint(r.ledger), "s3cret") {
				t.Errorf("ledger %+v", r.ledger)
			}
		})
	}
}

func TestBrokenMessagesOfNoKnownStreamMakeAllStreamsIncomplete(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	trial{
		source:      says(0, record("users", 1), `{"type":"RECORD","record":{"data":{"id":1}}}`, `{"type":"STATE","state":{"type":"STREAM"}}`),
		destination: echoes(&got, nil),
		cfg:         replication.Config{SupportsRefreshes: true},
	}.start(t).is(store.Incomplete, "2 broken messages of the source could not be forwarded; their stream cannot be told")
	if got.String() != record("users", 1)+"\n" {
		t.Errorf("the destination got:\n%s", got.String())
	}
}

func TestABrokenLineThatIsNoDataSpoilsNothing(t *testing.T) {
	t.Parallel()
	trial{
		source:      says(0, `{"type":"LOG","log":{"level":"INFO","message":"cut`, `{"type":"TRACE","trace":`, record("users", 1)),
		destination: echoes(nil, nil),
	}.start(t).is(store.Succeeded).logs(true, "was meant to be a LOG message")
}

func TestRecordsAndStatesOfUnconfiguredStreamsSpoilNothing(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	r := trial{
		source: says(0, record("ghosts", 1), record("users", 1), record("ghosts", 2), streamState("ghosts", 9),
			`{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"cursor":1}},"sourceStats":{"recordCount":1.0}}}`),
		destination: echoes(&got, nil),
	}.start(t).is(store.Succeeded).logs(true, "the source sends records of stream ghosts")
	if strings.Contains(got.String(), "ghosts") {
		t.Errorf("the destination got:\n%s", got.String())
	}
	if r.ledger.Source.Unconfigured["ghosts"] != 3 || len(r.ledger.Notes) != 1 || !strings.Contains(r.ledger.Notes[0], "ghosts") {
		t.Errorf("ledger %+v", r.ledger)
	}
}

// TestAGlobalCountMayHoldUnconfiguredRecords: a source counts all it sends.
func TestAGlobalCountMayHoldUnconfiguredRecords(t *testing.T) {
	t.Parallel()
	for _, said := range []string{"3.0", "1.0"} {
		trial{
			source: says(0, record("users", 1), record("ghosts", 1), record("ghosts", 2),
				`{"type":"STATE","state":{"type":"GLOBAL","global":{"stream_states":[]},"sourceStats":{"recordCount":`+said+`}}}`),
			destination: echoes(nil, nil),
		}.start(t).is(store.Succeeded)
	}
}

func TestManyUnknownStreamsAreCountedTogether(t *testing.T) {
	t.Parallel()
	r := trial{
		source: func(p *process) int {
			for i := range 5000 {
				p.say(record(fmt.Sprint("ghost", i), 1))
			}
			return 0
		},
		destination: echoes(nil, nil),
	}.start(t).is(store.Succeeded)
	if n := len(r.ledger.Source.Unconfigured); n > 101 || r.ledger.Source.Unconfigured["(others)"] != 4900 {
		t.Errorf("%d names, %d others", n, r.ledger.Source.Unconfigured["(others)"])
	}
}

func TestHundredMegabyteRecordPasses(t *testing.T) {
	t.Parallel()
	line := append(append([]byte(`{"type":"RECORD","record":{"stream":"users","data":{"x":"`), bytes.Repeat([]byte{'x'}, 100<<20)...), `"}}}`+"\n"...)
	var read int
	r := trial{
		source: func(p *process) int {
			_, _ = p.out.Write(line)
			return 0
		},
		destination: func(p *process) int {
			buf := make([]byte, 1<<20)
			for {
				n, err := p.stdin.Read(buf)
				read += n
				if err != nil {
					return 0
				}
			}
		},
	}.start(t).is(store.Succeeded)
	if read != len(line) || r.ledger.Streams[0].Bytes != int64(read) {
		t.Errorf("%d bytes arrived and %d are in the ledger, of %d", read, r.ledger.Streams[0].Bytes, len(line))
	}
}

func TestALineOverTheLimitNamesStreamAndSize(t *testing.T) {
	t.Parallel()
	long := `{"type":"RECORD","record":{"stream":"users","data":{"x":"s3cret` + strings.Repeat("x", 5<<20) + `"}}}`
	var got strings.Builder
	r := trial{
		source:      says(0, record("users", 1), streamState("users", 1), status("orders", "COMPLETE"), status("users", "COMPLETE"), long, record("users", 2)),
		destination: echoes(&got, nil),
		cfg: replication.Config{
			Streams: []replication.Stream{named("users"), named("orders")}, SupportsRefreshes: true,
			Limits: replication.Limits{MaxLine: 1 << 20},
		},
	}.start(t).is(store.Failed, "line 5 of the source, of stream users, has "+fmt.Sprint(len(long))+" bytes and at most 1048576 are read (maxLine)").
		logs(false, "s3cret").keeps(body("users", 1))
	if strings.Contains(got.String(), record("users", 2)) || !strings.Contains(got.String(), `{"name":"orders"},"status":"COMPLETE"`) ||
		strings.Contains(got.String(), `{"name":"users"},"status":"COMPLETE"`) {
		t.Errorf("the destination got:\n%s", got.String())
	}
	if r.ledger.Streams[0].Broken != 1 {
		t.Errorf("ledger %+v", r.ledger.Streams[0])
	}
}

// TestALineWithoutEndIsCutOff: its end is not waited for.
func TestALineWithoutEndIsCutOff(t *testing.T) {
	t.Parallel()
	trial{
		source: func(p *process) int {
			piece := bytes.Repeat([]byte{'x'}, 1<<16)
			for {
				if _, err := p.out.Write(piece); err != nil {
					return 1
				}
			}
		},
		destination: echoes(nil, nil),
		cfg:         replication.Config{Limits: replication.Limits{MaxLine: 1 << 20}},
	}.start(t).is(store.Failed, "line 1 of the source, of an unknown stream, has at least ")
}

func TestHalfALineAtTheEnd(t *testing.T) {
	t.Parallel()
	half := func(code int, tail string) program {
		return func(p *process) int {
			p.say(record("users", 1), streamState("users", 1))
			_, _ = p.out.WriteString(tail)
			return code
		}
	}
	cut := `{"type":"RECORD","record":{"stream":"users","data":{"id":`
	t.Run("exit 0", func(t *testing.T) {
		trial{source: half(0, cut), destination: echoes(nil, nil)}.start(t).
			is(store.Incomplete, "stream users: 1 broken messages").keeps(body("users", 1))
	})
	t.Run("exit 1", func(t *testing.T) {
		trial{source: half(1, cut), destination: echoes(nil, nil)}.start(t).
			is(store.Failed, "the source exited with code 1").keeps(body("users", 1))
	})
	t.Run("only the newline is missing", func(t *testing.T) {
		var got strings.Builder
		trial{source: half(0, record("users", 2)), destination: echoes(&got, nil)}.start(t).is(store.Succeeded)
		if !strings.HasSuffix(got.String(), record("users", 2)+"\n") {
			t.Errorf("the destination got:\n%s", got.String())
		}
	})
}

func TestAHundredThousandLogLinesArePassedToTheLog(t *testing.T) {
	t.Parallel()
	lines := 0
	r := trial{
		source: func(p *process) int {
			for range 100 {
				p.say(strings.Repeat("noise\n", 999) + "noise")
			}
			p.say(record("users", 1))
			return 0
		},
		destination: echoes(nil, nil),
		cfg: replication.Config{Log: func(l replication.LogLine) {
			if l.Origin == replication.Source {
				lines++
			}
		}},
	}.start(t).is(store.Succeeded)
	if lines != 100_000 || r.ledger.Source.LogLines != 100_000 {
		t.Errorf("%d lines logged, %d in the ledger", lines, r.ledger.Source.LogLines)
	}
}

func TestOfAHugeLogLineTheBeginningIsLogged(t *testing.T) {
	t.Parallel()
	longest := 0
	trial{
		source:      says(0, strings.Repeat("x", 3<<20)),
		destination: echoes(nil, nil),
		cfg: replication.Config{Log: func(l replication.LogLine) {
			if l.Origin == replication.Source {
				longest = max(longest, len(l.Message))
			}
		}},
	}.start(t).is(store.Succeeded)
	if longest != 1<<20 {
		t.Errorf("%d bytes logged", longest)
	}
}
