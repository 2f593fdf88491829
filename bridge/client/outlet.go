package client

import (
	"io"
	"sync"

	"knelt.dev/bridge/wire"
)

// outlet is the relay's end of a connector's standard output or error: a ring
// between the connection, which never waits for room because it grants no more
// than there is, and one reader. Bytes are copied in and out without the lock;
// only what the lock guards says whose they are.
type outlet struct {
	run    *Run
	stream wire.Stream
	auto   bool // what was read is released

	reading sync.Mutex // held by a Read
	ready   *sync.Cond // on run.mu

	// Guarded by run.mu.
	ring       []byte
	window     int
	head, size int   // what waits in ring
	received   int64 // the offset of the next byte to come
	coming     int   // the length of the DATA that is being read into ring
	end        int64 // of the stream, -1 while unknown
	wanted     bool  // somebody reads, or will
	drained    bool  // its reader was given the end
	release    int64 // bytes before it will not be asked for again
	missing    int64 // bytes of stderr that nobody will read

	// What was said on this connection.
	opened         bool  // the first CREDIT, which tells where to start
	granted, freed int64 // by CREDIT and RELEASE
}

func newOutlet(r *Run, s wire.Stream, window int, auto bool) *outlet {
	return &outlet{run: r, stream: s, window: window, auto: auto, end: -1, ready: sync.NewCond(&r.mu)}
}

// Read reads what the connector wrote; io.EOF once all has been read.
func (o *outlet) Read(p []byte) (int, error) {
	o.reading.Lock()
	defer o.reading.Unlock()
	if len(p) == 0 {
		return 0, nil
	}
	piece, err := o.wait()
	if err != nil {
		return 0, err
	}
	n := copy(p, piece)
	o.took(n)
	return n, nil
}

// wait waits for bytes, the end, or a failure. Of a lost pod all is read that
// has come; a relay that is superseded reads nothing more.
func (o *outlet) wait() ([]byte, error) {
	r := o.run
	r.mu.Lock()
	defer r.mu.Unlock()
	if !o.wanted {
		o.wanted = true
		r.nudge()
	}
	for {
		switch {
		case r.err != nil && r.abrupt():
			return nil, r.err
		case o.size > 0:
			return o.ring[o.head:min(o.head+o.size, len(o.ring))], nil
		case o.received == o.end:
			o.drained = true
			r.changed.Broadcast()
			return nil, io.EOF
		case r.err != nil:
			return nil, r.err
		}
		o.ready.Wait()
	}
}

// took gives room back.
func (o *outlet) took(n int) {
	o.run.mu.Lock()
	defer o.run.mu.Unlock()
	o.head = (o.head + n) % len(o.ring)
	o.size -= n
	if o.auto {
		o.release = o.position()
	}
	if o.creditDue() {
		o.run.nudge()
	}
}

// position is the offset of the next byte that Read gives.
func (o *outlet) position() int64 { return o.received - int64(o.size) }

// place gives the room for a DATA frame's payload; placed counts it when it is
// there.
func (o *outlet) place(f wire.Frame, length int) (first, second []byte, err error) {
	o.run.mu.Lock()
	defer o.run.mu.Unlock()
	o.coming = length
	return o.reserve(f, length)
}

// placed counts a payload that is in the ring.
func (o *outlet) placed() {
	o.run.mu.Lock()
	defer o.run.mu.Unlock()
	o.size += o.coming
	o.received += int64(o.coming)
	o.ready.Signal()
}

// take puts a DATA frame into the ring.
func (o *outlet) take(f wire.Frame) error {
	o.run.mu.Lock()
	first, second, err := o.reserve(f, len(f.Payload))
	o.run.mu.Unlock()
	if err != nil {
		return err
	}
	n := copy(first, f.Payload)
	n += copy(second, f.Payload[n:])
	o.run.mu.Lock()
	defer o.run.mu.Unlock()
	o.size += n
	if n < len(f.Payload) {
		o.lose(int64(len(f.Payload) - n))
	}
	o.received += int64(len(f.Payload))
	o.ready.Signal()
	return nil
}

// reserve, with the lock held, finds room for a DATA frame, in two pieces where the ring wraps. Where
// bytes may be dropped there may be too little, and never else. An
// empty ring starts at its front again, so that a quick reader stays in the
// processor's cache.
func (o *outlet) reserve(f wire.Frame, length int) (first, second []byte, err error) {
	if err := o.admit(f, length); err != nil {
		return nil, nil, err
	}
	if o.ring == nil {
		o.ring = make([]byte, o.window)
	}
	if o.size == 0 {
		o.head = 0
	}
	tail := (o.head + o.size) % len(o.ring)
	room := min(length, len(o.ring)-o.size)
	n := min(room, len(o.ring)-tail)
	return o.ring[tail : tail+n], o.ring[:room-n], nil
}
