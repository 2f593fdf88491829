package replication

import (
	"slices"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
)

// pendingState is a state that was sent to the destination and has not come
// back. It may stand for several neighbours of one stream that were merged to
// save memory: those of its stream in first..id, of which only the last one's bytes are kept.
type pendingState struct {
	id, first int64
	stream    *stream // nil for GLOBAL and LEGACY
	kind      airbyte.StateKind
	body      []byte // the source's own bytes, as they will be kept
	reset     bool   // forget the stream instead of keeping a position
	injected  bool   // made by the relay: never a position
	retired   bool
	summed    bool
	sum       digest // of the content, once an echo had to be compared with it
	count     int64  // records relayed under it
	states    int64  // how many states it stands for
	// said and rejected are what the destination told with merged ones.
	said, rejected *int64
}

// position is what becomes durable when the state has come back.
func (p *pendingState) position() store.Position {
	pos := store.Position{Kind: p.kind, State: p.body}
	if p.stream != nil {
		pos.Stream = p.stream.Descriptor
	}
	return pos
}

// cost is about what the state takes of the memory.
func (p *pendingState) cost() int { return len(p.body) + 200 }

// digest is that of the state's content, made once.
func (p *pendingState) digest() digest {
	if !p.summed {
		p.sum, p.summed = contentOf(p.kind, p.body).sum, true
	}
	return p.sum
}

// pendings are the states under way.
type pendings struct {
	order  []*pendingState             // as they were sent; retired ones are dropped lazily
	byKey  map[*stream][]*pendingState // the live ones by stream, as they were sent
	issued int64                       // highest id given
	live   int
	bytes  int

	maxStates, maxBytes   int
	thinStates, thinBytes int               // when neighbours are merged next
	merged                map[*stream]int64 // how many may still come back of which nothing is kept

	past    pastStates // as far as echoes come without ids
	echoed  idSet
	last    map[*stream]lastEcho
	efforts int  // comparisons left for echoes that resemble nothing
	whole   bool // nothing is merged while a successor catches up, see catchUp
}

func newPendings(maxStates, maxBytes int) *pendings {
	p := &pendings{
		byKey: map[*stream][]*pendingState{}, merged: map[*stream]int64{}, last: map[*stream]lastEcho{},
		maxStates: maxStates, maxBytes: maxBytes, thinStates: maxStates, thinBytes: maxBytes, efforts: maxEfforts,
	}
	p.past = newPastStates(max(maxStates, leastPast), func(key *stream) { p.merged[key]++ })
	return p
}

// add notes a state that is about to be sent and gives it the next id.
func (p *pendings) add(s *pendingState) {
	p.issued++
	s.id, s.first, s.states = p.issued, p.issued, 1
	p.enlist(s)
	if !p.whole && (p.live > p.thinStates || p.bytes > p.thinBytes) {
		p.thin()
	}
}

// enlist puts a state behind those that are live.
func (p *pendings) enlist(s *pendingState) {
	p.order = append(p.order, s)
	p.byKey[s.stream] = append(p.byKey[s.stream], s)
	p.live++
	p.bytes += s.cost()
}

// drop takes a state out of the account of live ones.
func (p *pendings) drop(s *pendingState) {
	s.retired = true
	p.live--
	p.bytes -= s.cost()
}

// compact removes retired states from the order when they are the larger part.
func (p *pendings) compact() {
	if len(p.order) > 64 && p.live < len(p.order)/2 {
		p.order = slices.DeleteFunc(p.order, func(s *pendingState) bool { return s.retired })
	}
}

// byID finds the live state with that id; nil if there is none any more.
func (p *pendings) byID(id int64) *pendingState {
	i := below(p.order, id)
	if i == len(p.order) || p.order[i].id != id || p.order[i].retired {
		return nil
	}
	return p.order[i]
}

// below counts the states of a queue with ids lower than id.
func below(queue []*pendingState, id int64) int {
	n, _ := slices.BinarySearchFunc(queue, id, func(s *pendingState, id int64) int { return int(s.id - id) })
	return n
}

// upTo takes out, oldest first, the states of one stream up to s.
func (p *pendings) upTo(s *pendingState) []*pendingState {
	return p.take(s.stream, below(p.byKey[s.stream], s.id+1))
}

// allUpTo takes out, oldest first, the states of all streams up to s.
func (p *pendings) allUpTo(s *pendingState) []*pendingState {
	var taken []*pendingState
	for key, queue := range p.byKey {
		taken = append(taken, p.take(key, below(queue, s.id+1))...)
	}
	slices.SortFunc(taken, func(a, b *pendingState) int { return int(a.id - b.id) })
	return taken
}

func (p *pendings) take(key *stream, n int) []*pendingState {
	queue := p.byKey[key]
	taken := slices.Clone(queue[:n])
	for _, s := range taken {
		p.drop(s)
	}
	clear(queue[:n]) // the array lives on behind the rest of the queue
	p.byKey[key] = queue[n:]
	p.compact()
	return taken
}
