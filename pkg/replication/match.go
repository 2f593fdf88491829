package replication

import "knelt.dev/pkg/airbyte"

const (
	// maxEfforts bounds how many states are compared in vain, over a whole
	// sync, with echoes that are like none of them: each takes a decoding of
	// the state.
	maxEfforts = 1_000_000
	// leastEfforts is how many of the oldest and of the newest states of a
	// stream are compared all the same.
	leastEfforts = 64
)

// match finds the state an echo means: by id, else by stream and content, the
// oldest that fits. The state is nil unless it is acknowledged or partOfMerged.
func (p *pendings) match(e echo, key *stream, kind airbyte.StateKind) (*pendingState, meaning) {
	if e.id != nil {
		return p.matchID(*e.id, key, kind)
	}
	wanted := contentOf(kind, e.body)
	if s := p.equal(wanted.sum, key); s != nil {
		return s, acknowledged
	}
	past := pastState{key, wanted.sum}
	if m := p.past.find(past); m != unknownState {
		return nil, m
	}
	s, m := p.similar(wanted.value, key), acknowledged
	if s == nil {
		s, m = p.takeMerged(key)
	}
	if m != unknownState {
		p.past.add(past, false) // should it come again, as damaged
	}
	return s, m
}

func (p *pendings) matchID(id int64, key *stream, kind airbyte.StateKind) (*pendingState, meaning) {
	if id < 1 || id > p.issued {
		return nil, unknownState
	}
	if p.echoed.has(id) {
		return nil, repeatedState
	}
	if s := p.byID(id); s != nil {
		return s, acknowledged
	}
	if key != nil || kind != airbyte.StreamState {
		if s := p.mergedInto(id, key); s != nil {
			return s, partOfMerged
		}
	}
	return nil, lateState
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
	queue := p.byKey[key]
	for i, s := range queue {
		if p.efforts < 0 && i >= leastEfforts && len(queue)-i > leastEfforts {
			continue
		}
		if resembles(echo, contentOf(s.kind, s.body).value) {
			return s
		}
	}
	p.efforts -= len(queue)
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

// unchanged finds the newest of the stream's oldest states that have that
// content and no record under them.
func (p *pendings) unchanged(sum digest, key *stream) (newest *pendingState) {
	for _, s := range p.byKey[key] {
		if s.count != 0 || s.digest() != sum {
			break
		}
		newest = s
	}
	return newest
}
