package replication

import (
	"knelt.dev/pkg/store"

	"knelt.dev/pkg/airbyte"
)

// committed is what the return of a state makes durable.
type committed struct {
	positions []store.Position
	resets    []airbyte.Descriptor
}

// returned books a state the destination returned, with all states it
// acknowledges: earlier ones of its stream; every earlier one if it is GLOBAL
// or LEGACY, or if the destination acknowledges in order.
func (b *book) returned(e echo, inOrder, readAll bool) (committed, meaning) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var key *stream
	if e.kind == airbyte.StreamState {
		if key = b.byDest.descriptor(e.descriptor); key == nil {
			b.destination.UnknownStates++
			return committed{}, unknownState
		}
	}
	s, m := b.pending.match(e, key, readAll)
	if m == unknownState {
		b.destination.UnknownStates++
	}
	if m != acknowledged {
		return committed{}, m
	}
	return b.retire(b.acknowledgedBy(s, inOrder), s, e), m
}

func (b *book) acknowledgedBy(s *pendingState, inOrder bool) []*pendingState {
	if inOrder || s.stream == nil {
		return b.pending.allUpTo(s)
	}
	return b.pending.upTo(s)
}

// retire books states as returned. The destination's counts belong to the
// stream of the state it returned; those it acknowledges by the way are covered
// where they are of the same stream.
func (b *book) retire(states []*pendingState, by *pendingState, e echo) committed {
	account := b.counts(by.stream)
	add(&account.DestinationSaid, e.said)
	add(&account.Rejected, e.rejected)
	var c committed
	for _, s := range states {
		b.counts(s.stream).StatesReturned += s.states
		if e.said != nil && s.stream == by.stream {
			account.DestinationCovered += s.count
		}
		c.include(s)
	}
	return c
}

func (c *committed) include(s *pendingState) {
	switch {
	case s.injected:
	case s.reset:
		c.resets = append(c.resets, s.stream.Descriptor)
	default:
		c.positions = append(c.positions, s.position())
	}
}
