package replication_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// TestDamagedEchoesAreRecognised: what destinations were seen to do to the
// states they return. What is kept is the source's own.
func TestDamagedEchoesAreRecognised(t *testing.T) {
	t.Parallel()
	streamBody := func(state string) string {
		return `{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":` + state + `}}`
	}
	for name, c := range map[string]struct{ sent, returned string }{
		"id lost":               {streamBody(`{"a":1}`), streamBody(`{"a":1}`)},
		"key order changed":     {streamBody(`{"a":1,"b":{"c":2,"d":3}}`), `{"stream":{"stream_state":{"b":{"d":3,"c":2},"a":1},"stream_descriptor":{"name":"users"}},"type":"STREAM"}`},
		"through float64":       {streamBody(`{"a":9007199254740993}`), streamBody(`{"a":9007199254740992}`)},
		"30 digits":             {streamBody(`{"a":123456789012345678901234567890}`), streamBody(`{"a":1.2345678901234568e29}`)},
		"30 digits to 2":        {streamBody(`{"a":123456789012345678901234567890}`), streamBody(`{"a":1.2e29}`)},
		"1.0 as 1":              {streamBody(`{"a":1.0}`), streamBody(`{"a":1}`)},
		"duplicate keys":        {streamBody(`{"a":1,"a":2}`), streamBody(`{"a":2}`)},
		"empty members added":   {streamBody(`{"a":1}`), streamBody(`{"a":1,"b":null,"c":"","d":[],"e":{}}`)},
		"zero members added":    {streamBody(`{"a":1}`), streamBody(`{"a":1,"b":0,"c":false}`)},
		"empty members dropped": {streamBody(`{"a":1,"b":null,"c":"","d":[],"e":{"f":{}}}`), streamBody(`{"a":1}`)},
		"members dropped":       {streamBody(`{"a":1,"b":{"x":1,"y":2}}`), streamBody(`{"b":{"y":2}}`)},
		"namespace added":       {streamBody(`{"a":1}`), `{"type":"STREAM","stream":{"stream_descriptor":{"name":"users","namespace":null},"stream_state":{"a":1}}}`},
		"type lost":             {streamBody(`{"a":1}`), `{"stream":{"stream_descriptor":{"name":"users"},"stream_state":{"a":1}}}`},
		"escapes changed":       {streamBody(`{"\u0061":"\u00fc"}`), streamBody(`{"a":"ü"}`)},
		"empty state dropped":   {streamBody(`{}`), `{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"}}}`},
		"out of range":          {streamBody(`{"a":1e400}`), streamBody(`{"a":1e999}`)},
		"global_": {
			`{"type":"GLOBAL","global":{"shared_state":{"a":1},"stream_states":[{"stream_descriptor":{"name":"users"},"stream_state":{"b":1}}]}}`,
			`{"type":"GLOBAL","global_":{"shared_state":{"a":1.0},"stream_states":[{"stream_descriptor":{"name":"users","namespace":""},"stream_state":{"b":1,"c":null}}]}}`,
		},
		"LEGACY":               {`{"data":{"users":{"a":1}}}`, `{"type":"LEGACY","data":{"users":{"a":1}}}`},
		"only the id remained": {streamBody(`{"a":1}`), `{"id":1}`},
		"id as a double":       {streamBody(`{"a":1}`), `{"id":1.0,"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"other":true}}}`},
		"id, type lost, data beside": {
			`{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"a":1}},"data":{"users":1}}`,
			`{"id":1,"stream":{"stream_descriptor":{"name":"users"},"stream_state":{"a":1}},"data":{"users":1}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := trial{
				source:      says(0, record("users", 1), asState(c.sent)),
				destination: returns(func([]string) []string { return []string{asState(c.returned)} }),
			}.start(t).is(store.Succeeded)
			want := strings.Replace(c.sent, `,"data":{"users":1}`, "", 1)
			for _, got := range r.store.positions {
				if got != want {
					t.Errorf("kept %s, want %s", got, want)
				}
			}
			if len(r.store.positions) != 1 {
				t.Errorf("kept %v", r.store.positions)
			}
		})
	}
}

// TestStatesNeverSentAreNeverKept, and what was sent stays unreturned.
func TestStatesNeverSentAreNeverKept(t *testing.T) {
	t.Parallel()
	for name, returned := range map[string]string{
		"without id":        body("users", 99),
		"with an id ahead":  `{"id":2,` + body("users", 1)[1:],
		"with id 0":         `{"id":0,` + body("users", 1)[1:],
		"id of another":     `{"id":1,` + body("orders", 1)[1:],
		"unknown stream":    body("ghosts", 1),
		"empty state":       `{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{}}}`,
		"no state":          `{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"}}}`,
		"no stream":         `{"type":"STREAM"}`,
		"nothing":           `{}`,
		"another kind":      `{"type":"GLOBAL","global":{"shared_state":{"cursor":1},"stream_states":[]}}`,
		"id and other kind": `{"id":1,"type":"LEGACY","data":{"cursor":1}}`,
		"other value":       `{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":"cursor"}}`,
		"list":              `{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":[1]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := trial{
				source:      says(0, record("users", 1), streamState("users", 1)),
				destination: returns(func([]string) []string { return []string{asState(returned)} }),
				cfg:         replication.Config{Streams: []replication.Stream{named("users"), named("orders")}},
			}.start(t).is(store.Incomplete, "the destination returned 1 states that were never sent", "did not return 1 of 1 states").
				logs(true, "returns a state that was never sent")
			if len(r.store.history) != 0 {
				t.Errorf("kept %v", r.store.history)
			}
		})
	}
}

// TestHowDestinationsReturnStates, each with ids and without.
func TestHowDestinationsReturnStates(t *testing.T) {
	t.Parallel()
	states := func(cursors ...int) (lines []string) {
		for i, c := range cursors {
			lines = append(lines, record("users", i), streamState("users", c))
		}
		return lines
	}
	last := func(s []string) []string { return s[len(s)-1:] }
	every := func(s []string) []string { return s }
	for name, c := range map[string]struct {
		sent     []string
		answer   func([]string) []string
		outcome  store.Status
		reason   string
		returned int64
		kept     string
	}{
		"all":                       {states(1, 2, 3), every, store.Succeeded, "", 3, body("users", 3)},
		"only the last":             {states(1, 2, 3), last, store.Succeeded, "", 3, body("users", 3)},
		"nothing":                   {states(1, 2), func([]string) []string { return nil }, store.Incomplete, "the destination did not return 2 of 2 states", 0, ""},
		"only the first":            {states(1, 2, 3), func(s []string) []string { return s[:1] }, store.Incomplete, "the destination did not return 2 of 3 states", 1, body("users", 1)},
		"out of order":              {states(1, 2, 3), func(s []string) []string { return []string{s[2], s[0], s[1]} }, store.Succeeded, "", 3, body("users", 3)},
		"twice":                     {states(1, 2), func(s []string) []string { return []string{s[0], s[0], s[1], s[1], s[0]} }, store.Succeeded, "", 2, body("users", 2)},
		"equal, all":                {states(5, 5, 5), every, store.Succeeded, "", 3, body("users", 5)},
		"equal, the last":           {states(5, 5, 5), last, store.Succeeded, "", 3, body("users", 5)},
		"equal again, all":          {states(5, 6, 5), every, store.Succeeded, "", 3, body("users", 5)},
		"equal again, the last":     {states(5, 6, 5), last, store.Succeeded, "", 3, body("users", 5)},
		"equal again, not the last": {states(5, 6, 5), func(s []string) []string { return s[:2] }, store.Incomplete, "did not return 1 of 3", 2, body("users", 6)},
	} {
		for way, change := range map[string]func([]string) []string{"with ids": slices.Clone[[]string], "without ids": eachWithoutID} {
			t.Run(name+" "+way, func(t *testing.T) {
				t.Parallel()
				r := trial{source: says(0, c.sent...), destination: returns(func(s []string) []string { return change(c.answer(s)) })}.start(t)
				if c.reason == "" {
					r.is(c.outcome)
				} else {
					r.is(c.outcome, c.reason)
				}
				r.keeps(c.kept)
				if got := r.ledger.Streams[0].StatesReturned; got != c.returned || r.ledger.Destination.UnknownStates != 0 {
					t.Errorf("%d states returned, want %d; %d unknown", got, c.returned, r.ledger.Destination.UnknownStates)
				}
			})
		}
	}
}

// TestEqualStatesAreReturnedOneByOneWhileTheSyncRuns: an early echo is that of
// the oldest, so what came after it is not yet taken for returned.
func TestEqualStatesAreReturnedOneByOneWhileTheSyncRuns(t *testing.T) {
	t.Parallel()
	returned := make(chan struct{})
	var relay *replication.Relay
	ready := make(chan struct{})
	r := trial{
		source: func(p *process) int {
			p.say(streamState("users", 5), record("users", 1), streamState("users", 6), record("users", 2), streamState("users", 5))
			<-returned
			return 0
		},
		destination: func(p *process) int {
			var first string
			for n := 0; n < 5; n++ {
				l, _ := p.line()
				if first == "" {
					first = withoutID(l)
				}
			}
			<-ready
			p.say(first)
			for relay.Progress().Streams[0].StatesReturned == 0 && p.sleep(1e6) {
			}
			if n := relay.Progress().Streams[0].StatesReturned; n != 1 {
				t.Errorf("one echo was taken for %d states", n)
			}
			close(returned)
			p.drain()
			return 0
		},
		during: func(r *replication.Relay, _ context.CancelCauseFunc) { relay = r; close(ready) },
	}.start(t).is(store.Incomplete, "did not return 2 of 3 states")
	r.keeps(body("users", 5))
}

func TestALaterStateOfAnotherStreamAcknowledgesOnlyIfTheDestinationSaysSo(t *testing.T) {
	t.Parallel()
	run := func(inOrder bool, change func([]string) []string) result {
		return trial{
			source:      says(0, record("users", 1), streamState("users", 1), streamState("orders", 1), record("users", 2), streamState("users", 2), streamState("orders", 2)),
			destination: returns(func(s []string) []string { return change(s[len(s)-1:]) }),
			cfg:         replication.Config{Streams: []replication.Stream{named("users"), named("orders")}, AcknowledgesInOrder: inOrder},
		}.start(t)
	}
	for way, change := range map[string]func([]string) []string{"with ids": slices.Clone[[]string], "without ids": eachWithoutID} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			r := run(true, change).is(store.Succeeded).keeps(body("users", 2))
			if got := r.store.of("orders"); got != body("orders", 2) {
				t.Errorf("checkpoint of orders %s", got)
			}
			r = run(false, change).is(store.Incomplete, "stream users: the destination did not return 2 of 2 states").keeps("")
			if got := r.store.of("orders"); got != body("orders", 2) {
				t.Errorf("checkpoint of orders %s", got)
			}
		})
	}
}

func TestWhatTheDestinationCountsMustAgree(t *testing.T) {
	t.Parallel()
	count := func(stats string) func(string) string {
		return func(l string) string {
			return strings.Replace(l, `{"id":`, `{"destinationStats":{`+stats+`},"id":`, 1)
		}
	}
	for stats, reasons := range map[string][]string{
		`"recordCount":3.0`: nil,
		`"recordCount":3`:   nil,
		`"recordCount":2.0,"rejectedRecordCount":1.0`:    nil,
		`"recordCount":2.0`:                              {"stream users: 3 records were relayed, the destination says 2 written and 0 rejected"},
		`"recordCount":3.0,"rejectedRecordCount":1.0`:    {"3 written and 1 rejected"},
		`"recordCount":"three"`:                          nil, // says nothing
		`"additionalStats":{"x":1.0},"recordCount":null`: nil,
	} {
		want := store.Succeeded
		if reasons != nil {
			want = store.Incomplete
		}
		trial{
			source:      says(0, append(records("users", 3), streamState("users", 1))...),
			destination: echoes(nil, count(stats)),
		}.start(t).is(want, reasons...).keeps(body("users", 1))
	}
}

// TestADestinationThatSkipsRecordsSilentlyIsFoundByItsCounts.
func TestADestinationThatSkipsRecordsSilentlyIsFoundByItsCounts(t *testing.T) {
	t.Parallel()
	counts := 0
	trial{
		source: says(0, record("users", 1), record("users", 2), streamState("users", 1), record("users", 3), streamState("users", 2)),
		destination: echoes(nil, func(l string) string {
			counts++
			return strings.Replace(l, `{"id":`, `{"destinationStats":{"recordCount":1.0},"id":`, 1)
		}),
	}.start(t).is(store.Incomplete, "3 records were relayed, the destination says 2 written")
}

// TestARenamedStreamsEchoIsFoundByItsNameThere, also when its namespace got lost.
func TestARenamedStreamsEchoIsFoundByItsNameThere(t *testing.T) {
	t.Parallel()
	streams := []replication.Stream{
		{Descriptor: airbyte.Descriptor{Name: "users"}, As: airbyte.Descriptor{Namespace: "a", Name: "raw_users"}},
		{Descriptor: airbyte.Descriptor{Name: "people"}, As: airbyte.Descriptor{Namespace: "b", Name: "raw_users"}},
	}
	namespace := regexp.MustCompile(`"namespace":"[ab]",`)
	for name, how := range map[string]func(string) string{
		"with id":                    nil,
		"without id":                 withoutID,
		"with id, without namespace": func(l string) string { return namespace.ReplaceAllString(l, "") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := trial{
				source:      says(0, record("users", 1), streamState("users", 1), record("people", 1), streamState("people", 2)),
				destination: echoes(nil, how), cfg: replication.Config{Streams: streams},
			}.start(t).is(store.Succeeded).keeps(body("users", 1))
			if got := r.store.of("people"); got != body("people", 2) {
				t.Errorf("checkpoint %s", got)
			}
		})
	}
}

// TestThinnedStatesMayStillComeBack: merging is the relay's own business and no
// fault of a destination that answers late, with or without ids.
func TestThinnedStatesMayStillComeBack(t *testing.T) {
	t.Parallel()
	var sent []string
	for i := range 500 {
		sent = append(sent, record("users", i), record("orders", i), streamState("users", i), streamState("orders", i))
	}
	reversed := func(s []string) []string { slices.Reverse(s); return s }
	for name, change := range map[string]func([]string) []string{
		"with ids": slices.Clone[[]string], "without ids": eachWithoutID,
		"with ids, newest first": reversed, "without ids, newest first": func(s []string) []string { return reversed(eachWithoutID(s)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := trial{
				source: says(0, sent...),
				destination: returns(func(s []string) []string {
					s = change(s)
					for i := range s {
						s[i] = strings.Replace(s[i], `"sourceStats"`, `"destinationStats"`, 1)
					}
					return s
				}),
				cfg: replication.Config{
					Streams: []replication.Stream{named("users"), named("orders")},
					Limits:  replication.Limits{PendingStates: 20},
				},
			}.start(t)
			r.is(store.Succeeded).keeps(body("users", 499))
			if r.ledger.Destination.UnknownStates != 0 || r.ledger.Total.StatesReturned != 1000 {
				t.Errorf("ledger %+v %+v", r.ledger.Destination, r.ledger.Total)
			}
		})
	}
}

// TestBeyondTheMergedStatesAnUnknownOneIsStillFound.
func TestBeyondTheMergedStatesAnUnknownOneIsStillFound(t *testing.T) {
	t.Parallel()
	var sent []string
	for i := range 100 {
		sent = append(sent, streamState("users", i))
	}
	trial{
		source: says(0, sent...),
		destination: returns(func(s []string) []string {
			for i := range 101 {
				s = append(s, streamState("users", 1000+i))
			}
			return s[99:]
		}),
		cfg: replication.Config{Limits: replication.Limits{PendingStates: 10}},
	}.start(t).is(store.Incomplete, "states that were never sent").keeps(body("users", 99))
}

// TestADestinationsOtherOutputIsOfNoAccount: it may print the records it would
// have written, garbage, and a hundred thousand lines after its last state.
func TestADestinationsOtherOutputIsOfNoAccount(t *testing.T) {
	t.Parallel()
	r := trial{
		source: says(0, record("users", 1), streamState("users", 1)),
		destination: func(p *process) int {
			for _, l := range p.drain() {
				p.say(l, "text", `{"type":"RECORD","record":{"cut`, `{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1}}`,
					`{"type":"LOG","log":{"level":"WARNING","message":"slow"}}`)
			}
			for range 100 {
				p.say(strings.Repeat("noise\n", 999) + "noise")
			}
			return 0
		},
	}.start(t).is(store.Succeeded).keeps(body("users", 1)).logs(true, "destination WARN slow").logs(false, "cut")
	if r.ledger.Destination.Lines != 100_010 {
		t.Errorf("%d lines", r.ledger.Destination.Lines)
	}
}

func TestAnEchoOverTheLineLimitIsLeftOut(t *testing.T) {
	t.Parallel()
	trial{
		source: says(0, record("users", 1), streamState("users", 1)),
		destination: returns(func(s []string) []string {
			return []string{fmt.Sprintf(`{"type":"RECORD","record":{"x":%q}}`, strings.Repeat("x", 2<<20)), s[0]}
		}),
		cfg: replication.Config{Limits: replication.Limits{MaxLine: 1 << 20}},
	}.start(t).is(store.Succeeded).logs(true, "the destination wrote a line longer than 1048576 bytes")
}

// TestOfEqualStatesTheNewestIsKept as its source wrote it.
func TestOfEqualStatesTheNewestIsKept(t *testing.T) {
	t.Parallel()
	trial{
		source:      says(0, streamState("users", 5), streamState("users", "5.0")),
		destination: returns(func(s []string) []string { return eachWithoutID(s[1:]) }),
	}.start(t).is(store.Succeeded).keeps(body("users", "5.0"))
}

// TestCountsOfStatesReturnedTwiceOrLateAreBookedOnce each.
func TestCountsOfStatesReturnedTwiceOrLateAreBookedOnce(t *testing.T) {
	t.Parallel()
	var sent []string
	for i := range 3 {
		sent = append(sent, record("users", i), streamState("users", i))
	}
	for name, order := range map[string][]int{"twice": {0, 0, 1, 2, 2, 1}, "late": {2, 0, 1}, "late and twice": {2, 1, 2, 0, 1, 0}} {
		for way, change := range map[string]func([]string) []string{"with ids": slices.Clone[[]string], "without ids": eachWithoutID} {
			t.Run(name+" "+way, func(t *testing.T) {
				t.Parallel()
				r := trial{source: says(0, sent...), destination: returns(func(s []string) (all []string) {
					for _, i := range order {
						all = append(all, countedBy("sourceStats")(s[i]))
					}
					return change(all)
				})}.start(t).is(store.Succeeded).keeps(body("users", 2))
				if l := r.ledger.Streams[0]; *l.DestinationSaid != 3 {
					t.Errorf("the destination is booked with %d records", *l.DestinationSaid)
				}
			})
		}
	}
}

// TestACountOfTheLastOfEqualStatesCoversThemAll.
func TestACountOfTheLastOfEqualStatesCoversThemAll(t *testing.T) {
	t.Parallel()
	trial{
		source: says(0, record("users", 1), streamState("users", 5), record("users", 2), streamState("users", 5)),
		destination: returns(func(s []string) []string {
			return []string{strings.Replace(withoutID(s[1]), `"sourceStats":{"recordCount":1.0}`, `"destinationStats":{"recordCount":2.0}`, 1)}
		}),
	}.start(t).is(store.Succeeded).keeps(body("users", 5))
}

// TestALateGlobalStatesCountIsBooked, and that of one whose stream cannot be
// told is not.
func TestALateGlobalStatesCountIsBooked(t *testing.T) {
	t.Parallel()
	global := func(lsn int) string {
		return asState(fmt.Sprintf(`{"type":"GLOBAL","global":{"shared_state":{"lsn":%d},"stream_states":[]}}`, lsn))
	}
	late := returns(func(s []string) []string {
		return []string{countedBy("sourceStats")(s[1]), asState(`{"id":1,"destinationStats":{"recordCount":1}}`)}
	})
	trial{source: says(0, record("users", 1), global(1), record("users", 2), global(2)), destination: late}.start(t).is(store.Succeeded)
	trial{source: says(0, record("users", 1), streamState("users", 1), record("users", 2), streamState("users", 2)), destination: late}.start(t).
		is(store.Incomplete, "2 records were relayed, the destination says 1 written")
}

// TestAnIDStandsForEqualStatesThatFollowWithoutARecord, since there was nothing
// more to commit, and for no others.
func TestAnIDStandsForEqualStatesThatFollowWithoutARecord(t *testing.T) {
	t.Parallel()
	first := returns(func(s []string) []string { return s[:1] })
	trial{
		source:      says(0, record("users", 1), streamState("users", 5), streamState("users", "5.0"), streamState("users", 5)),
		destination: first,
	}.start(t).is(store.Succeeded).keeps(body("users", 5))
	trial{
		source:      says(0, record("users", 1), streamState("users", 5), record("users", 2), streamState("users", 5)),
		destination: first,
	}.start(t).is(store.Incomplete, "did not return 1 of 2 states")
	trial{
		source:      says(0, record("users", 1), streamState("users", 5), streamState("users", 6), streamState("users", 5)),
		destination: first,
	}.start(t).is(store.Incomplete, "did not return 2 of 3 states")
}
