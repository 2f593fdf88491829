package replication

import (
	"encoding/json"

	"knelt.dev/pkg/airbyte"
)

// echo is a state as a destination returned it. What it returns is damaged more
// often than not; nothing of it is kept but which state is meant, and counts.
type echo struct {
	id         *int64
	kind       airbyte.StateKind
	descriptor airbyte.Descriptor
	said       *int64
	rejected   *int64
	body       []byte
}

// readEcho takes what it can from the "state" object of a returned line.
func readEcho(line []byte, body airbyte.Span) echo {
	st, _ := readState(line, body) // a damaged state is still an echo
	e := echo{kind: st.kind, descriptor: st.descriptor, body: body.Of(line)}
	if !st.id.Empty() {
		e.id = wholeNumber(st.id.Of(line))
	}
	for key, value := range airbyte.Members(line, body) {
		switch {
		case airbyte.KeyIs(key.Of(line), "destinationStats"):
			e.readStats(value.Of(line))
		case airbyte.KeyIs(key.Of(line), "global_") && isObject(line, value):
			e.kind = airbyte.GlobalState
		}
	}
	return e
}

func (e *echo) readStats(text []byte) {
	var stats struct {
		RecordCount         *json.Number `json:"recordCount"`
		RejectedRecordCount *json.Number `json:"rejectedRecordCount"`
	}
	if json.Unmarshal(text, &stats) != nil {
		return // stats that are no stats say nothing
	}
	if stats.RecordCount != nil {
		e.said = wholeNumber([]byte(*stats.RecordCount))
	}
	if stats.RejectedRecordCount != nil {
		e.rejected = wholeNumber([]byte(*stats.RejectedRecordCount))
	}
}

// meaning says what an echo was taken for.
type meaning uint8

const (
	// unknownState was never sent.
	unknownState meaning = iota
	// repeatedState came back before.
	repeatedState
	// partOfMerged was sent, and merged with later ones that have not come back.
	partOfMerged
	// acknowledged is a state under way.
	acknowledged
)

// match finds the state an echo means: by id, else by kind, stream and content,
// the oldest that fits. newest prefers the newest of equal ones: when the
// destination has read everything, a single echo may stand for them all.
func (p *pendings) match(e echo, key *stream, newest bool) (*pendingState, meaning) {
	if e.id != nil {
		return p.matchID(e, key)
	}
	wanted := contentOf(e.body)
	if s := p.equal(wanted, key, newest); s != nil {
		return s, acknowledged
	}
	if last := p.last[key]; last != nil && last.contents().text == wanted.text {
		return nil, repeatedState
	}
	for _, s := range p.byKey[key] {
		if s.kind == e.kind && within(wanted.value, s.contents().value) {
			return s, acknowledged
		}
	}
	return nil, unknownState
}

func (p *pendings) matchID(e echo, key *stream) (*pendingState, meaning) {
	if *e.id < 1 || *e.id > p.issued {
		return nil, unknownState
	}
	s := p.byID(*e.id)
	switch {
	case s == nil:
		return nil, repeatedState
	case e.descriptor.Name != "" && s.stream != key:
		return nil, unknownState
	case *e.id < s.id:
		return nil, partOfMerged
	}
	return s, acknowledged
}

func (p *pendings) equal(wanted *content, key *stream, newest bool) (found *pendingState) {
	for _, s := range p.byKey[key] {
		if s.contents().text != wanted.text {
			continue
		}
		if found = s; !newest {
			return found
		}
	}
	return found
}
