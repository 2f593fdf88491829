package replication

import "knelt.dev/pkg/airbyte"

// maxEfforts bounds how many states are compared, over a whole sync, with
// echoes that are like none of them: each takes a decoding of the state. A
// destination that damages all it returns needs about one for each.
const maxEfforts = 1_000_000

// match finds the state an echo means: by id, else by stream and content, the
// oldest that fits. The state is nil unless it is acknowledged or partOfMerged.
func (p *pendings) match(e echo, key *stream, kind airbyte.StateKind) (*pendingState, meaning) {
	if e.id != nil {
		return p.matchID(*e.id)
	}
	wanted := contentOf(kind, e.body)
	if s := p.equal(wanted.sum, key); s != nil {
		return s, acknowledged
	}
	if p.past.has(key, wanted.sum) {
		return nil, repeatedState
	}
	if s := p.similar(wanted.value, key); s != nil {
		p.past.add(key, wanted.sum) // should it come again, as damaged
		return s, acknowledged
	}
	return p.takeMerged(key)
}

func (p *pendings) matchID(id int64) (*pendingState, meaning) {
	if id < 1 || id > p.issued {
		return nil, unknownState
	}
	s := p.byID(id)
	switch {
	case s == nil || id <= s.heard:
		return nil, repeatedState
	case id < s.id:
		s.heard = id
		return s, partOfMerged
	}
	return s, acknowledged
}

// equal finds the oldest state of the stream with that content.
func (p *pendings) equal(sum digest, key *stream) *pendingState {
	for _, s := range p.byKey[key] {
		if s.digest() == sum {
			return s
		}
	}
	return nil
}

// similar finds the oldest state of the stream that a damaged echo resembles.
func (p *pendings) similar(echo any, key *stream) *pendingState {
	for _, s := range p.byKey[key] {
		if p.efforts == 0 {
			return nil
		}
		if resembles(echo, contentOf(s.kind, s.body).value) {
			return s
		}
		p.efforts--
	}
	return nil
}

// newest finds the newest state of the stream with that content.
func (p *pendings) newest(sum digest, key *stream) *pendingState {
	queue := p.byKey[key]
	for i := len(queue) - 1; i >= 0; i-- {
		if queue[i].digest() == sum {
			return queue[i]
		}
	}
	return nil
}
