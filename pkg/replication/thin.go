package replication

// thin merges every second state into its successor of the same stream. The
// next thinning waits until as much has come again, so that its cost stays in
// proportion when nothing can be merged any more.
func (p *pendings) thin() {
	for key, queue := range p.byKey {
		kept := queue[:0]
		for i, s := range queue {
			if i%2 == 0 && i+1 < len(queue) {
				p.absorb(queue[i+1], s)
			} else {
				kept = append(kept, s)
			}
		}
		clear(queue[len(kept):])
		p.byKey[key] = kept
	}
	p.compact()
	p.nextThinning()
}

// nextThinning sets when to thin again.
func (p *pendings) nextThinning() {
	p.thinStates = max(p.maxStates, 2*p.live)
	p.thinBytes = max(p.maxBytes, 2*p.bytes)
}

// absorb makes into stand for s as well. Queues hold only live states.
func (p *pendings) absorb(into, s *pendingState) {
	into.first = s.first
	into.count += s.count
	into.states += s.states
	add(&into.said, s.said)
	add(&into.rejected, s.rejected)
	p.merged[s.stream]++
	p.drop(s)
	s.body = nil // the order holds the state a while longer
}

// mergedInto finds the live state of the stream that an id was merged into.
func (p *pendings) mergedInto(id int64, key *stream) *pendingState {
	queue := p.byKey[key]
	if i := below(queue, id); i < len(queue) && queue[i].first <= id {
		return queue[i]
	}
	return nil
}

// takeMerged finds a merged state for an echo that has no id and is like none
// that is kept: it may be one of those that were merged away, as often as there
// are such, unless this destination does return ids. The state is nil if what
// they were merged into has come back.
func (p *pendings) takeMerged(key *stream) (*pendingState, meaning) {
	if p.merged[key] == 0 || !p.echoed.empty() {
		return nil, unknownState
	}
	p.merged[key]--
	for _, s := range p.byKey[key] {
		if s.states > 1 {
			return s, partOfMerged
		}
	}
	return nil, lateState
}
