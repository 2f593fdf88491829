package replication

import (
	"slices"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
)

// pendingState is a state that was sent to the destination and has not come
// back. It may stand for several neighbours of one stream that were merged to
// save memory: first..id, of which only the last one's bytes are kept.
type pendingState struct {
	id, first int64
	stream    *stream // nil for GLOBAL and LEGACY
	kind      airbyte.StateKind
	body      []byte // the source's own bytes, as they will be kept
	reset     bool   // forget the stream instead of keeping a position
	injected  bool   // made by the relay: never a position
	count     int64  // records relayed under it
	states    int64  // how many states it stands for
	retired   bool
	digest    *content // what echoes are compared with, once needed
}

// position is what becomes durable when the state has come back.
func (p *pendingState) position() store.Position {
	pos := store.Position{Kind: p.kind, State: p.body}
	if p.stream != nil {
		pos.Stream = p.stream.Descriptor
	}
	return pos
}

// content is the comparable content of the state, made once.
func (p *pendingState) contents() *content {
	if p.digest == nil {
		p.digest = contentOf(p.body)
	}
	return p.digest
}

// pendings are the states under way, in the order they were sent.
type pendings struct {
	order  []*pendingState             // by id; retired ones are dropped lazily
	byKey  map[*stream][]*pendingState // the same by stream
	last   map[*stream]*pendingState   // the last one that came back
	issued int64                       // highest id given
	live   int
	bytes  int
	// thinAt is when neighbours are merged next.
	maxStates, maxBytes   int
	thinStates, thinBytes int
}

func newPendings(maxStates, maxBytes int) *pendings {
	return &pendings{
		byKey: map[*stream][]*pendingState{}, last: map[*stream]*pendingState{},
		maxStates: maxStates, maxBytes: maxBytes, thinStates: maxStates, thinBytes: maxBytes,
	}
}

// add notes a state that is about to be sent and gives it the next id.
func (p *pendings) add(s *pendingState) {
	p.issued++
	s.id, s.first, s.states = p.issued, p.issued, 1
	p.order = append(p.order, s)
	p.byKey[s.stream] = append(p.byKey[s.stream], s)
	p.live++
	p.bytes += len(s.body)
	if p.live > p.thinStates || p.bytes > p.thinBytes {
		p.thin()
	}
}

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
	p.thinStates = max(p.maxStates, 2*p.live)
	p.thinBytes = max(p.maxBytes, 2*p.bytes)
}

// absorb makes into stand for s as well. Queues hold only live states.
func (p *pendings) absorb(into, s *pendingState) {
	into.first = s.first
	into.count += s.count
	into.states += s.states
	p.drop(s)
}

// drop takes a state out of the account of live ones.
func (p *pendings) drop(s *pendingState) {
	s.retired = true
	p.live--
	p.bytes -= len(s.body)
}

// compact removes retired states from the order when they are the larger part.
func (p *pendings) compact() {
	if len(p.order) > 64 && p.live < len(p.order)/2 {
		p.order = slices.DeleteFunc(p.order, func(s *pendingState) bool { return s.retired })
	}
}

// byID finds the live state that id belongs to.
func (p *pendings) byID(id int64) *pendingState {
	i, _ := slices.BinarySearchFunc(p.order, id, func(s *pendingState, id int64) int { return int(s.id - id) })
	for ; i < len(p.order); i++ {
		s := p.order[i]
		if !s.retired {
			if s.first <= id {
				return s
			}
			return nil
		}
	}
	return nil
}

// upTo takes out, oldest first, the states of one stream up to s.
func (p *pendings) upTo(s *pendingState) []*pendingState {
	queue := p.byKey[s.stream]
	i := slices.Index(queue, s)
	return p.take(s.stream, i+1)
}

// allUpTo takes out the states of all streams up to s.
func (p *pendings) allUpTo(s *pendingState) []*pendingState {
	var taken []*pendingState
	for key, queue := range p.byKey {
		n, _ := slices.BinarySearchFunc(queue, s.id+1, func(q *pendingState, id int64) int { return int(q.id - id) })
		taken = append(taken, p.take(key, n)...)
	}
	slices.SortFunc(taken, func(a, b *pendingState) int { return int(a.id - b.id) })
	return taken
}

func (p *pendings) take(key *stream, n int) []*pendingState {
	if n == 0 {
		return nil
	}
	queue := p.byKey[key]
	taken := slices.Clone(queue[:n])
	for _, s := range taken {
		p.drop(s)
	}
	p.last[key] = taken[n-1]
	p.byKey[key] = slices.Delete(queue, 0, n)
	p.compact()
	return taken
}
