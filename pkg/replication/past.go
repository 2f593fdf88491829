package replication

// pastStates remembers what states said that came back, so that one that comes
// back again, or late, is not taken for one that was never sent. A destination
// that returns ids does not need it. The oldest are forgotten first.
type pastStates struct {
	known map[pastState]sightings
	order []pastState // a ring once it is full
	next  int
	limit int
	// onForget is told the stream of one that was forgotten and may still come.
	onForget func(*stream)
}

// leastPast is how many are remembered however small the limits are.
const leastPast = 1024

type pastState struct {
	stream *stream
	sum    digest
}

// sightings tells how many states of one content are remembered, and how many
// of them were acknowledged by a later one and may still come themselves.
type sightings struct{ kept, awaited int }

func newPastStates(limit int, onForget func(*stream)) pastStates {
	return pastStates{known: map[pastState]sightings{}, limit: limit, onForget: onForget}
}

func (p *pastStates) add(s pastState, awaited bool) {
	seen := p.known[s]
	seen.kept++
	if awaited {
		seen.awaited++
	}
	p.known[s] = seen
	if len(p.order) < p.limit {
		p.order = append(p.order, s)
		return
	}
	p.forget(p.order[p.next])
	p.order[p.next] = s
	p.next = (p.next + 1) % p.limit
}

func (p *pastStates) forget(s pastState) {
	seen := p.known[s]
	if seen.kept--; seen.awaited > seen.kept {
		seen.awaited--
		p.onForget(s.stream)
	}
	if p.known[s] = seen; seen.kept == 0 {
		delete(p.known, s)
	}
}

// find says what an echo means that is of no state under way: lateState,
// repeatedState, or unknownState.
func (p *pastStates) find(s pastState) meaning {
	seen, ok := p.known[s]
	switch {
	case !ok:
		return unknownState
	case seen.awaited == 0:
		return repeatedState
	}
	seen.awaited--
	p.known[s] = seen
	return lateState
}
