package replication

import (
	"bytes"
	"slices"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
)

// packPending packs the states under way, oldest first, and what is known of
// those that have come back.
func (b *book) packPending(w *packer) {
	p, places := b.pending, b.places()
	for _, n := range []int{p.thinStates, p.thinBytes, p.efforts} {
		w.number(int64(n))
	}
	w.number(p.issued)
	w.number(int64(p.live))
	for _, s := range p.order {
		if !s.retired {
			s.pack(w, places[s.stream])
		}
	}
	for _, key := range b.keys() {
		w.number(p.merged[key])
		last, ok := p.last[key]
		w.flag(ok)
		if ok {
			w.word(uint64(last.sum))
			w.flag(last.counted)
			w.flag(last.byID)
		}
	}
	p.echoed.pack(w)
	p.past.pack(w, b.keys())
}

// keys are what states can belong to: nil for all streams together, then each.
func (b *book) keys() []*stream { return append([]*stream{nil}, b.streams...) }

// places gives each key its number; that of nil is 0.
func (b *book) places() map[*stream]int64 {
	places := make(map[*stream]int64, len(b.streams)+1)
	for i, key := range b.keys() {
		places[key] = int64(i)
	}
	return places
}

// key reads a key's number.
func (u *unpacker) key(keys []*stream) *stream {
	n := u.number()
	if n < 0 || n >= int64(len(keys)) {
		u.fail()
		return nil
	}
	return keys[n]
}

func (p *pendingState) pack(w *packer, place int64) {
	w.number(place)
	for _, n := range []int64{p.id, p.first, p.count, p.states} {
		w.number(n)
	}
	w.text(string(p.kind))
	w.flag(p.reset)
	w.flag(p.injected)
	w.maybe(p.said)
	w.maybe(p.rejected)
	w.bytes(p.body)
}

func (p *pendingState) unpack(u *unpacker, keys []*stream) {
	p.stream = u.key(keys)
	for _, n := range []*int64{&p.id, &p.first, &p.count, &p.states} {
		*n = u.number()
	}
	p.kind = airbyte.StateKind(u.bytes())
	p.reset, p.injected = u.flag(), u.flag()
	p.said, p.rejected = u.maybe(), u.maybe()
	p.body = bytes.Clone(u.bytes()) // not to keep the whole snapshot for it
}

func (b *book) unpackPending(u *unpacker) {
	p, keys := b.pending, b.keys()
	for _, n := range []*int{&p.thinStates, &p.thinBytes, &p.efforts} {
		*n = int(u.number())
	}
	p.issued = u.number()
	for range u.size(leastPacked) {
		s := &pendingState{}
		s.unpack(u, keys)
		p.enlist(s)
	}
	for _, key := range keys {
		if n := u.number(); n != 0 {
			p.merged[key] = n
		}
		if u.flag() {
			p.last[key] = lastEcho{sum: digest(u.word()), counted: u.flag(), byID: u.flag()}
		}
	}
	p.echoed.unpack(u)
	p.past.unpack(u, keys)
}

// leastPacked is what a packed state takes at least, in bytes.
const leastPacked = 11

func (s *idSet) pack(w *packer) {
	w.number(s.base)
	w.number(int64(len(s.words)))
	for _, word := range s.words {
		w.word(word)
	}
}

func (s *idSet) unpack(u *unpacker) {
	s.base = u.number()
	for range u.size(8) {
		s.words = append(s.words, u.word())
	}
}

// pack packs what is remembered, oldest first, each with how many of its kind
// are still awaited.
func (p *pastStates) pack(w *packer, keys []*stream) {
	w.number(int64(len(p.order)))
	places := make(map[*stream]int64, len(keys))
	for i, key := range keys {
		places[key] = int64(i)
	}
	for i := range p.order {
		s := p.order[(p.next+i)%len(p.order)]
		w.number(places[s.stream])
		w.word(uint64(s.sum))
		w.number(int64(p.known[s].awaited))
	}
}

func (p *pastStates) unpack(u *unpacker, keys []*stream) {
	for range u.size(10) {
		s := pastState{u.key(keys), digest(u.word())}
		p.order = append(p.order, s)
		p.known[s] = sightings{kept: p.known[s].kept + 1, awaited: int(u.number())}
	}
}

// packSteps packs what was returned and is no checkpoint yet.
func (b *book) packSteps(w *packer, steps []step) {
	w.number(int64(len(steps)))
	for _, s := range steps {
		w.text(s.stream.Namespace)
		w.text(s.stream.Name)
		w.flag(s.reset)
		w.text(string(s.position.Kind))
		w.bytes(s.position.State)
	}
}

func (b *book) unpackSteps(u *unpacker) (steps []step) {
	for range u.size(5) {
		s := step{stream: airbyte.Descriptor{Namespace: string(u.bytes()), Name: string(u.bytes())}, reset: u.flag()}
		s.position = store.Position{Stream: s.stream, Kind: airbyte.StateKind(u.bytes()), State: slices.Clone(u.bytes())}
		steps = append(steps, s)
	}
	return steps
}
