package replication_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// brokenRun's stdout fails in the middle, as the connection to a pod may.
type brokenRun struct {
	*fakeRun
	stdout io.Reader
}

func (r brokenRun) Stdout() io.Reader { return r.stdout }

func TestAnOutputThatCannotBeReadFailsTheSync(t *testing.T) {
	t.Parallel()
	text := record("users", 1) + "\n" + streamState("users", 1) + "\n"
	run := brokenRun{
		start(t, func(p *process) int { return p.hang() }),
		io.MultiReader(strings.NewReader(text), iotest.ErrReader(errors.New("connection reset"))),
	}
	trial{run: run, destination: echoes(nil, nil)}.start(t).
		is(store.Failed, "reading the source's output: connection reset").keeps(body("users", 1))
}

func TestLogLevelsAndStackTracesReachTheLog(t *testing.T) {
	t.Parallel()
	levels := map[string]string{"critical": "FATAL", "Warning": "WARN", "debug": "DEBUG", "NOTICE": "INFO"}
	var lines []string
	for l := range levels {
		lines = append(lines, `{"type":"LOG","log":{"level":"`+l+`","message":"level `+l+`","stack_trace":"at line 1"}}`)
	}
	r := trial{
		source: says(0, append(lines, strings.Replace(traceError("user text", "users"), `"failure_type"`, `"internal_message":"operator text","stack_trace":"at line 2","failure_type"`, 1))...),
		destination: func(p *process) int {
			p.drain()
			_, _ = p.err.WriteString(strings.Repeat("y", 2<<20) + "\nlast\n")
			p.say(`{"type":"LOG","log":{"level":7}}`)
			return 0
		},
	}.start(t).is(store.Incomplete, "the source reported an error: stream users: user text").
		logs(true, "source ERROR stream users: user text (system_error)\noperator text\nat line 2").
		logs(true, "line 1 of the destination is a LOG message that cannot be read")
	for l, want := range levels {
		r.logs(true, "source "+want+" level "+l+"\nat line 1")
	}
}

// TestManyStreamsThatDoNotAddUpAreListedInShort: the ledger has them all.
func TestManyStreamsThatDoNotAddUpAreListedInShort(t *testing.T) {
	t.Parallel()
	var cfg replication.Config
	var lines []string
	for _, c := range "abcdefghijklmnopqrst" {
		cfg.Streams = append(cfg.Streams, named(string(c)))
		lines = append(lines, record(string(c)+"-ghost", 1))
	}
	r := trial{source: says(0, append(lines, status("a", "STARTED"))...), destination: echoes(nil, nil), cfg: cfg}.start(t).
		is(store.Incomplete, "and 10 more lines of the ledger do not add up")
	if n := len(r.ledger.Reasons); n != 11 || len(r.ledger.Notes) != 11 {
		t.Errorf("%d reasons, %d notes", n, len(r.ledger.Notes))
	}
	for _, s := range r.ledger.Streams {
		if len(s.Reasons) != 1 {
			t.Errorf("stream %s: %q", s.Stream, s.Reasons)
		}
	}
}

func TestListsInStatesAreComparedElementByElement(t *testing.T) {
	t.Parallel()
	sent := `{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"shards":[{"id":1,"at":5},{"id":2,"at":true}],"more":"x"}}}`
	for returned, want := range map[string]store.Status{
		`{"shards":[{"at":5},{"id":2,"at":true}]}`:        store.Succeeded,
		`{"shards":[{"id":2,"at":true},{"id":1,"at":5}]}`: store.Incomplete,
		`{"shards":[{"id":1,"at":5}]}`:                    store.Incomplete,
		`{"shards":{"id":1}}`:                             store.Incomplete,
		`{"shards":[{"id":1,"at":6},{"id":2,"at":true}]}`: store.Incomplete,
		`{"shards":[[],{"id":2,"at":true}]}`:              store.Incomplete,
		`{"more":"x","unknown":1}`:                        store.Incomplete,
	} {
		answer := asState(`{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":` + returned + `}}`)
		r := trial{source: says(0, asState(sent)), destination: returns(func([]string) []string { return []string{answer} })}.start(t)
		if r.ledger.Outcome != want || (r.store.of("users") == sent) != (want == store.Succeeded) {
			t.Errorf("%s: %s, kept %q", returned, r.ledger.Outcome, r.store.of("users"))
		}
	}
}

// TestWhatHappensToBothAtOnceIsToldOfBoth.
func TestWhatHappensToBothAtOnceIsToldOfBoth(t *testing.T) {
	t.Parallel()
	trial{source: says(2, record("users", 1)), destination: func(p *process) int {
		p.drain()
		return 3
	}}.start(t).is(store.Failed, "the source exited with code 2", "the destination exited with code 3")
}

// TestADestinationThatHangsAfterItClosedItsInputIsStuck, not merely early.
func TestADestinationThatHangsAfterItClosedItsInputIsStuck(t *testing.T) {
	t.Parallel()
	r := trial{
		source: func(p *process) int {
			for i := 0; p.say(record("users", i)); i++ {
			}
			return 0
		},
		destination: func(p *process) int {
			_ = p.stdin.Close()
			return p.hang()
		},
		cfg: limits(-1, soon),
	}.start(t).is(store.Failed, "the destination stopped reading", "did not end by itself")
	if r.ledger.Destination.Exit == nil || !r.ledger.Destination.Exit.Terminated {
		t.Errorf("exit %+v", r.ledger.Destination.Exit)
	}
}

// TestALeftBehindChildSpoilsNothing: the runtime has ended it.
func TestALeftBehindChildSpoilsNothing(t *testing.T) {
	t.Parallel()
	run := endedRun{fakeRun: start(t, says(0, record("users", 1))), exit: connector.Exit{LeftOver: true}}
	trial{run: run, destination: echoes(nil, nil)}.start(t).is(store.Succeeded)
}
