package replication

// pastStates remembers what states said that came back, so that one that comes
// back again, or late, is not taken for one that was never sent. It remembers
// only those whose content was needed: a destination that returns ids never
// needs it. The oldest are forgotten first.
type pastStates struct {
	known map[pastState]int // how often it is in order
	order []pastState       // a ring once it is full
	next  int
	limit int
}

type pastState struct {
	stream *stream
	sum    digest
}

func newPastStates(limit int) pastStates {
	return pastStates{known: map[pastState]int{}, limit: limit}
}

func (p *pastStates) keep(s *pendingState) {
	if s.summed {
		p.add(s.stream, s.sum)
	}
}

func (p *pastStates) add(key *stream, sum digest) {
	s := pastState{key, sum}
	p.known[s]++
	if len(p.order) < p.limit {
		p.order = append(p.order, s)
		return
	}
	oldest := p.order[p.next]
	if p.known[oldest]--; p.known[oldest] == 0 {
		delete(p.known, oldest)
	}
	p.order[p.next] = s
	p.next = (p.next + 1) % p.limit
}

func (p *pastStates) has(key *stream, sum digest) bool { return p.known[pastState{key, sum}] > 0 }
