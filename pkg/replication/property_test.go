package replication_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// TestRandomSyncsAgreeWithANaiveModel relays random output of a source to a
// destination that returns states in random ways, and compares with a model
// that knows nothing of blocks, pending states and splicing: which bytes
// arrive, which positions are kept and when, how it ends.
func TestRandomSyncsAgreeWithANaiveModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := drawModel(t)
		var got strings.Builder
		r := trial{
			source:      func(p *process) int { p.say(m.source...); return m.sourceExit },
			destination: m.destination(&got),
			checkpoints: m,
			cfg:         m.config(),
		}.start(t)
		if diff := cmp.Diff(m.forwarded(), got.String()); diff != "" {
			t.Errorf("forwarded: %s", diff)
		}
		if want := m.outcome(); r.ledger.Outcome != want {
			t.Errorf("outcome %s, want %s: %q", r.ledger.Outcome, want, r.ledger.Reasons)
		}
		m.checkKept(t)
		if t.Failed() {
			t.Logf("global %v, ids %v, in order %v, thin %v; answers %v", m.global, m.ids, m.inOrder, m.thin, m.answers)
		}
	})
}

// model is a random sync and what a naive reader expects of it.
type model struct {
	source  []string // lines
	expect  []string // lines that the destination gets, without COMPLETE
	sent    []sentState
	status  map[string]string
	broken  map[string]bool // "" for unknown streams
	counts  map[string]int  // records since the last state, by key
	global  bool
	ids     bool
	inOrder bool
	thin    bool

	sourceExit, destinationExit int
	answers                     map[int][]answer // after that many states; -1: at the end

	mu       sync.Mutex
	returned map[string]int // by key, the highest state returned so far
	highest  int
	kept     map[string]int // by key, the last state kept
	problems []string
}

type sentState struct {
	key, body, line string // key: the stream at the source, "" for GLOBAL
	cursor, count   int
}

// answer is one line of the destination; state is -1 for one never sent.
type answer struct {
	line  string
	state int
}

func drawModel(t *rapid.T) *model {
	m := &model{
		status: map[string]string{}, broken: map[string]bool{}, counts: map[string]int{}, answers: map[int][]answer{},
		returned: map[string]int{}, kept: map[string]int{}, highest: -1,
		global: rapid.Bool().Draw(t, "global"), ids: rapid.Bool().Draw(t, "ids"),
		inOrder: rapid.Bool().Draw(t, "in order"), thin: rapid.IntRange(0, 3).Draw(t, "thin") == 0,
		sourceExit:      rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "source's exit"),
		destinationExit: rapid.SampledFrom([]int{0, 0, 0, 0, 7}).Draw(t, "destination's exit"),
	}
	noisy := rapid.IntRange(0, 3).Draw(t, "noisy") == 0
	for range rapid.IntRange(0, 60).Draw(t, "lines") {
		m.drawLine(t, noisy)
	}
	for _, s := range []string{"a", "b"} { // mostly whole
		if len(m.status) > 0 && rapid.IntRange(0, 5).Draw(t, "finish") > 0 {
			m.say(status(s, "COMPLETE"), "")
			m.status[s] = "COMPLETE"
		}
	}
	m.drawAnswers(t)
	return m
}

// say adds a line and what the destination gets for it.
func (m *model) say(line, expect string) {
	m.source = append(m.source, line)
	if expect != "" {
		m.expect = append(m.expect, expect)
	}
}

func (m *model) drawLine(t *rapid.T, noisy bool) {
	stream := rapid.SampledFrom([]string{"a", "b", "ghost"}).Draw(t, "stream")
	switch kind := rapid.IntRange(0, 99).Draw(t, "kind"); {
	case kind < 55:
		m.record(stream, kind)
	case kind < 80:
		m.state(t, stream, kind)
	case kind < 90 || !noisy:
		m.say(rapid.SampledFrom([]string{"text", "", `{"no":"message"}`, `{"type":"LOG","log":{"level":"INFO","message":"x"}}`}).Draw(t, "noise"), "")
	case kind < 95:
		s := rapid.SampledFrom([]string{"STARTED", "RUNNING", "COMPLETE", "INCOMPLETE"}).Draw(t, "status")
		m.say(status(stream, s), "")
		m.status[stream] = s
	default:
		m.say(`{"type":"RECORD","record":{"stream":"`+stream+`","data":{"cut`, "")
		if stream == "ghost" {
			stream = ""
		}
		m.broken[stream] = true
	}
}

// record: stream a goes as it comes, b is renamed and loses a field, ghost goes
// nowhere.
func (m *model) record(stream string, i int) {
	pad := strings.Repeat("x", i*i*10) // some are gathered, some written directly
	switch stream {
	case "a":
		line := fmt.Sprintf(`{"type":"RECORD", "record":{"stream":"a","data":{"id":%d,"x":"%s"}} }`, i, pad)
		m.say(line, line)
	case "b":
		m.say(fmt.Sprintf(`{"record":{"data":{"drop":[{}],"id":%d, "x":"%s"},"stream":"b"},"type":"RECORD"}`, i, pad),
			fmt.Sprintf(`{"record":{"namespace":"raw","data":{"id":%d, "x":"%s"},"stream":"to_b"},"type":"RECORD"}`, i, pad))
	default:
		m.say(record(stream, i), "")
		return
	}
	if m.global {
		stream = ""
	}
	m.counts[stream]++
}

func (m *model) state(t *rapid.T, stream string, cursor int) {
	if stream == "ghost" && !m.global {
		m.say(streamState("ghost", 1), "")
		return
	}
	if m.global {
		stream = ""
	}
	n := len(m.sent)
	count := m.counts[stream]
	if !m.ids || count == 0 || rapid.Bool().Draw(t, "unique") {
		cursor = 1000 + n // contents tell states apart; equal ones without records count as one
	}
	m.counts[stream] = 0
	as := `"name":"` + stream + `"`
	if stream == "b" {
		as = `"namespace":"raw","name":"to_b"`
	}
	form := `{"type":"STREAM","stream":{"stream_descriptor":{` + as + `},"stream_state":{"cursor":%d}}}`
	if m.global {
		form = `{"type":"GLOBAL","global":{"shared_state":{"cursor":%d},"stream_states":[]}}`
	}
	there := fmt.Sprintf(form, cursor)
	kept := strings.Replace(there, as, `"name":"`+stream+`"`, 1)
	expect := asState(fmt.Sprintf(`{"id":%d,"sourceStats":{"recordCount":%d.0},`, n+1, count) + there[1:])
	m.sent = append(m.sent, sentState{key: stream, body: kept, line: expect, cursor: cursor, count: count})
	m.say(asState(kept), expect)
}

func (m *model) drawAnswers(t *rapid.T) {
	batch := rapid.SampledFrom([]int{1, 1, 1, 3, 1000}).Draw(t, "batch")
	skip := rapid.IntRange(0, 3).Draw(t, "skip") == 0
	var waiting []int
	for i := range m.sent {
		if !skip || rapid.Bool().Draw(t, "skipped") {
			waiting = append(waiting, i)
		}
		if (i+1)%batch == 0 || i+1 == len(m.sent) {
			at := i + 1
			if i+1 == len(m.sent) && rapid.Bool().Draw(t, "at the end") {
				at = -1
			}
			m.answer(t, at, waiting)
			waiting = nil
		}
	}
	// Merged states without ids may be any: see takeMerged.
	if (m.ids || !m.thin) && rapid.IntRange(0, 9).Draw(t, "never sent") == 0 {
		m.answers[-1] = append(m.answers[-1], answer{streamState("a", 99), -1})
	}
}

// answer returns some states in some order, one perhaps twice.
func (m *model) answer(t *rapid.T, at int, states []int) {
	if len(states) == 0 {
		return
	}
	if rapid.Bool().Draw(t, "shuffled") {
		states = rapid.Permutation(states).Draw(t, "order")
	}
	if rapid.IntRange(0, 4).Draw(t, "twice") == 0 {
		states = append(states, states[0])
	}
	for _, i := range states {
		m.answers[at] = append(m.answers[at], answer{m.damage(t, m.sent[i]), i})
	}
}

// damage does to a state what destinations do.
func (m *model) damage(t *rapid.T, s sentState) string {
	line := s.line
	if !m.ids {
		line = withoutID(line)
	}
	old := fmt.Sprintf(`{"cursor":%d}`, s.cursor)
	return strings.Replace(line, old, rapid.SampledFrom([]string{
		old, fmt.Sprintf(`{"cursor":%d.0}`, s.cursor), fmt.Sprintf(`{"added":null,"cursor":%d}`, s.cursor), fmt.Sprintf(`{"cursor":%d,"zero":0}`, s.cursor),
	}).Draw(t, "damage"), 1)
}

func (m *model) config() replication.Config {
	b := replication.Stream{
		Descriptor: airbyte.Descriptor{Name: "b"}, As: airbyte.Descriptor{Namespace: "raw", Name: "to_b"}, Fields: []string{"id", "x"},
	}
	c := replication.Config{Streams: []replication.Stream{named("a"), b}, AcknowledgesInOrder: m.inOrder}
	if m.thin {
		c.Limits.PendingStates = 4
	}
	return c
}

func (m *model) forwarded() string {
	if len(m.expect) == 0 {
		return ""
	}
	return strings.Join(m.expect, "\n") + "\n"
}

// destination keeps what it reads and answers as drawn.
func (m *model) destination(got *strings.Builder) program {
	return func(p *process) int {
		states := 0
		for {
			l, ok := p.line()
			if !ok {
				break
			}
			got.WriteString(l + "\n")
			if isState(l) {
				states++
				m.give(p, m.answers[states])
			}
		}
		m.give(p, m.answers[-1])
		return m.destinationExit
	}
}

func (m *model) give(p *process, answers []answer) {
	for _, a := range answers {
		m.mu.Lock()
		if a.state >= 0 {
			key := m.sent[a.state].key
			m.returned[key] = max(m.returned[key], a.state+1)
			m.highest = max(m.highest, a.state)
		}
		m.mu.Unlock()
		p.say(a.line)
	}
}

// acknowledged is the number of the highest state of a key that a returned one
// speaks for, -1 if there is none.
func (m *model) acknowledged(key string) int {
	limit := m.returned[key] - 1
	if m.inOrder || m.global {
		limit = m.highest
	}
	for i := limit; i >= 0; i-- {
		if m.sent[i].key == key {
			return i
		}
	}
	return -1
}

// SaveCheckpoint notes positions that are ahead of what was returned, or behind
// what was kept before.
func (m *model) SaveCheckpoint(_ context.Context, ps []store.Position) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range ps {
		key := p.Stream.Name
		limit, from, found := m.acknowledged(key), m.kept[key], -1
		for i := from; i <= limit && found < 0; i++ {
			if s := m.sent[i]; s.key == key && s.body == string(p.State) {
				found = i
			}
		}
		if found < 0 {
			m.problems = append(m.problems, fmt.Sprintf("%s was kept for %q when %d was acknowledged and %d kept", p.State, key, limit, from))
			continue
		}
		m.kept[key] = found
	}
	return nil
}

// ClearCheckpoint is never called: there are no null states.
func (m *model) ClearCheckpoint(context.Context, []airbyte.Descriptor) error {
	panic("no stream was reset")
}

// checkKept: at the end exactly what was acknowledged is kept. A merged state
// is kept only with the one it was merged into.
func (m *model) checkKept(t *rapid.T) {
	for _, p := range m.problems {
		t.Errorf("%s", p)
	}
	for _, key := range []string{"", "a", "b"} {
		last := m.acknowledged(key)
		kept, ok := m.kept[key]
		same := last >= 0 && ok && m.sent[kept].body == m.sent[last].body
		if !m.thin && (ok != (last >= 0) || ok && !same) {
			t.Errorf("state %d of %q is kept (%v), %d was acknowledged", kept, key, ok, last)
		}
	}
}

func (m *model) outcome() store.Status {
	if m.sourceExit != 0 || m.destinationExit != 0 {
		return store.Failed
	}
	if len(m.broken) > 0 {
		return store.Incomplete
	}
	for i, s := range m.sent {
		if m.acknowledged(s.key) < i {
			return store.Incomplete
		}
	}
	for _, a := range m.answers[-1] {
		if a.state < 0 {
			return store.Incomplete
		}
	}
	for _, s := range []string{"a", "b"} {
		if len(m.status) > 0 && m.status[s] != "COMPLETE" {
			return store.Incomplete
		}
	}
	return store.Succeeded
}
