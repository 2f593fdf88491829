package replication

import (
	"cmp"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
)

// step is what shall become of one stream's checkpoint: a position, or none any
// more. The zero stream is that of GLOBAL and LEGACY positions.
type step struct {
	stream   airbyte.Descriptor
	position store.Position
	reset    bool
}

// returned books a state the destination returned and gives the steps that this
// makes durable, for all states it acknowledges: earlier ones of its stream;
// every earlier one if it is GLOBAL or LEGACY, or if the destination
// acknowledges in order. readAll tells that the destination's input has ended.
func (b *book) returned(e echo, inOrder, readAll bool) ([]step, meaning) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key, s, m := b.meant(e, readAll)
	switch m {
	case unknownState:
		b.destination.UnknownStates++
	case lateState:
		b.countLate(key, e)
	case partOfMerged:
		add(&s.said, e.said)
		add(&s.rejected, e.rejected)
	case acknowledged:
		return b.retire(s, inOrder, e), m
	}
	return nil, m
}

// countLate adds what a destination counts with a state that a later one has
// acknowledged already. If neither kind nor stream tell whose it is, it is lost.
func (b *book) countLate(key *stream, e echo) {
	if key == nil && b.kind != airbyte.GlobalState && b.kind != airbyte.LegacyState {
		return
	}
	account := b.counts(key)
	add(&account.DestinationSaid, e.said)
	add(&account.Rejected, e.rejected)
}

// meant finds the state an echo means, among those it can mean by its kind and
// stream.
func (b *book) meant(e echo, readAll bool) (key *stream, s *pendingState, m meaning) {
	kind := cmp.Or(b.kind, airbyte.StreamState)
	if e.kind != "" && e.kind != kind {
		return nil, nil, unknownState
	}
	if kind == airbyte.StreamState {
		key = b.byDest.descriptor(e.descriptor)
		if key == nil && e.id == nil {
			return nil, nil, unknownState
		}
	}
	s, m = b.pending.match(e, key, kind)
	if s != nil && !s.belongsTo(e.descriptor, key) {
		return nil, nil, unknownState
	}
	b.noteEcho(e, key, s, m, readAll)
	return key, s, m
}

// belongsTo tells whether an echo's descriptor does not speak against the
// state: an id counts more than a namespace that got lost.
func (p *pendingState) belongsTo(d airbyte.Descriptor, key *stream) bool {
	return p.stream == nil || p.stream == key || d.Name == "" || key == nil && d.Name == p.stream.As.Name
}

// noteEcho remembers the id of an echo, and what the last echo of a stream said
// if it came after the destination had read everything (see lastEchoes).
func (b *book) noteEcho(e echo, key *stream, s *pendingState, m meaning, readAll bool) {
	delete(b.pending.last, key)
	if m != unknownState && e.id != nil {
		b.pending.echoed.add(*e.id)
	}
	if readAll && m == acknowledged {
		b.pending.last[key] = lastEcho{sum: s.digest(), counted: e.said != nil, byID: e.id != nil}
	}
}

// lastEchoes books, once the destination's output has ended, that its last
// state of a stream stands for the newest of several equal ones. Until then it
// cannot be told from an echo of the oldest: some destinations return each
// state, even if only at their end, others the very last one alone. One that
// has an id stands only for those that follow it with the same content and no
// record in between: there was nothing more to commit.
func (b *book) lastEchoes(inOrder bool) (steps []step) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, key := range append([]*stream{nil}, b.streams...) {
		last, ok := b.pending.last[key]
		if !ok {
			continue
		}
		find := b.pending.newest
		if last.byID {
			find = b.pending.unchanged
		}
		if s := find(last.sum, key); s != nil {
			steps = append(steps, b.retire(s, inOrder, last.again())...)
		}
	}
	return steps
}

// retire books as returned the state by and what it acknowledges. The
// destination's counts belong to the stream of the state it returned; they
// cover the earlier states of that stream too.
func (b *book) retire(by *pendingState, inOrder bool, e echo) (steps []step) {
	account := b.counts(by.stream)
	add(&account.DestinationSaid, e.said)
	add(&account.Rejected, e.rejected)
	for _, s := range b.acknowledgedBy(by, inOrder) {
		if e.id == nil {
			b.pending.past.add(pastState{s.stream, s.digest()}, s != by)
		}
		account := b.counts(s.stream)
		account.StatesReturned += s.states
		add(&account.DestinationSaid, s.said)
		add(&account.Rejected, s.rejected)
		if s.said != nil || s.stream == by.stream && e.said != nil {
			account.DestinationCovered += s.count
		}
		steps = s.step(steps)
		s.body = nil // the order holds the state a while longer
	}
	return steps
}

func (b *book) acknowledgedBy(s *pendingState, inOrder bool) []*pendingState {
	if inOrder || s.stream == nil {
		return b.pending.allUpTo(s)
	}
	return b.pending.upTo(s)
}

// step appends what the return of the state makes durable.
func (p *pendingState) step(steps []step) []step {
	if p.injected {
		return steps
	}
	position := p.position()
	return append(steps, step{stream: position.Stream, position: position, reset: p.reset})
}
