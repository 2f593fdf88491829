package replication

import (
	"errors"
	"math"
	"sync"
	"time"
)

const (
	// softSnapshot is what a snapshot may take before states under way are
	// merged for it, hardSnapshot what a mark can carry, in bytes
	// (docs/bridge-protocol.md).
	softSnapshot = 16 << 20
	hardSnapshot = 32 << 20
	// snapshotShare bounds the cost of marks where much is pending: so many
	// times the last snapshot's bytes and time lie between two of them.
	snapshotShare = 8
	// mostUnmarked bounds that: a source's bridge keeps 64 MiB.
	mostUnmarked = 16 << 20
	// mostUnderstood is how much of a destination's stdout may wait for a mark
	// that the destination itself keeps from arriving, since it writes much and
	// reads nothing. Half of what its bridge keeps.
	mostUnderstood = 32 << 20
	// looksPerMark is how often it is looked whether a mark is due, in the time
	// between two of them.
	looksPerMark = 4
)

// place is what a mark corresponds to.
type place struct {
	source, stdout int64
	cause          causeKind
	finished       bool
}

// marks sends marks on the destination's stdin, so that a successor can go on
// there, and releases what is before them. A nil one does nothing: one of the
// runs cannot be resumed.
type marks struct {
	relay       *Relay
	source      Resumable
	destination Marking
	// turn is held, by sending to it, while a block is forwarded, and while a
	// snapshot is taken and its mark sent. Whoever waits gets it in order.
	turn chan struct{}

	// Guarded by turn.
	consumed int64 // of the source's stdout, by whole blocks
	begun    int64 // where its reading began
	last     place
	at       time.Time
	pause    time.Duration // before the next one, at least
	due      int64         // bytes before the next one
	off      bool          // no more can be sent
	warned   bool

	mu      sync.Mutex
	waiting []*sentMark
	spare   []byte // a snapshot's, to be used again
}

// sentMark is a mark on its way; known is closed when it is remembered.
type sentMark struct {
	snapshot []byte
	known    chan struct{}
}

func newMarks(r *Relay) *marks {
	source, ok := r.source.(Resumable)
	destination, marking := r.destination.(Marking)
	if !ok || !marking {
		return nil
	}
	m := &marks{relay: r, source: source, destination: destination, turn: make(chan struct{}, 1)}
	m.due, m.pause = r.cfg.Limits.MarkBytes, r.cfg.Limits.MarkEvery
	destination.OnMarked(m.marked)
	return m
}

func (m *marks) take() {
	if m != nil {
		m.turn <- struct{}{}
	}
}

func (m *marks) give() {
	if m != nil {
		<-m.turn
	}
}

// passed counts what was consumed of the source's stdout. The turn is the
// caller's.
func (m *marks) passed(n int64) {
	if m == nil {
		return
	}
	m.consumed += n
	if m.consumed-m.last.source >= m.due && m.ready() {
		m.send(false)
	}
}

// run sends marks now and then, also when the source is silent.
func (m *marks) run(done <-chan struct{}) {
	if m == nil {
		return
	}
	ticker := time.NewTicker(max(m.relay.cfg.Limits.MarkEvery/looksPerMark, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
		}
		select {
		case <-done:
			return
		case m.turn <- struct{}{}:
			m.look()
			m.give()
		}
	}
}

// look sends a mark if one is due for its age.
func (m *marks) look() {
	if time.Since(m.at) >= m.pause && m.ready() && m.here() != m.last {
		m.send(false)
	}
}

// here is where the relay is.
func (m *marks) here() place {
	return place{m.consumed, m.relay.listener.at.Load(), m.relay.why().kind, m.relay.finished}
}

// ready tells whether a mark can be sent now, one at a time. What is thrown away
// of the source's output is released where no mark can do that: the source could
// not end otherwise.
func (m *marks) ready() bool {
	if (m.off || m.relay.why().deafens()) && m.consumed-m.last.source > mostUnmarked && !m.relay.left() {
		m.release(place{source: math.MaxInt64, stdout: m.relay.listener.released.Load()})
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.waiting) == 0 && m.possible()
}

// possible tells whether a mark can be sent at all: not before all is caught up
// that a predecessor has done, and not by a relay that has left.
func (m *marks) possible() bool {
	return !m.off && m.relay.saver != nil && m.relay.catchUp.over() && !m.relay.left()
}

// force sends a mark wherever the relay is, even behind others, if one can be
// sent at all.
func (m *marks) force() *sentMark {
	if m == nil || !m.possible() {
		return nil
	}
	return m.send(true)
}

// send takes a snapshot and sends it. It may have to wait for the listener, or a
// later look will do.
func (m *marks) send(wait bool) *sentMark {
	began, l := time.Now(), m.relay.listener
	if wait {
		l.mu.Lock()
	} else if !l.mu.TryLock() {
		return nil
	}
	here := m.here()
	unsaved, checkpointed := m.relay.saver.unsaved()
	snapshot := m.snapshot(unsaved)
	l.mu.Unlock()
	if m.relay.left() {
		return nil // why must not get into a snapshot
	}
	m.last, m.at = here, began
	m.pause = max(m.relay.cfg.Limits.MarkEvery, snapshotShare*time.Since(began))
	m.due = min(max(m.relay.cfg.Limits.MarkBytes, snapshotShare*int64(len(snapshot))), max(mostUnmarked, m.relay.cfg.Limits.MarkBytes))
	if len(snapshot) > hardSnapshot {
		m.tooLarge(here, len(snapshot))
		return nil
	}
	return m.hand(here, checkpointed, snapshot)
}

// hand gives a mark to the destination's run.
func (m *marks) hand(here place, checkpointed int64, snapshot []byte) *sentMark {
	sent := &sentMark{snapshot: snapshot, known: make(chan struct{})}
	m.mu.Lock()
	m.waiting = append(m.waiting, sent)
	m.mu.Unlock()
	err := m.destination.Mark(here.source, here.stdout, checkpointed, OutputVersion, snapshot)
	if err == nil {
		return sent
	}
	m.off = true
	m.relay.strays(Destination, err)
	m.relay.out.printf("DEBUG", "from here on the sync cannot be resumed: %v", err)
	return nil
}

// snapshot is the relay's. Where it is large states under way are merged.
func (m *marks) snapshot(unsaved []step) []byte {
	m.mu.Lock()
	b := m.spare
	m.spare = nil
	m.mu.Unlock()
	for before := -1; ; {
		b = m.relay.remember(b[:0], unsaved)
		live := m.relay.book.live()
		if len(b) <= softSnapshot || live == before {
			return b
		}
		before = live
		m.relay.book.thin()
	}
}

// tooLarge goes on without a mark: the source shall not wait for one.
func (m *marks) tooLarge(here place, size int) {
	if !m.warned {
		m.warned = true
		m.relay.out.printf("WARN", "states under way take %d bytes, and a mark can carry %d: should this relay end now, the sync starts again from its checkpoint", size, hardSnapshot)
	}
	m.release(here)
}

// marked is told that the oldest mark on its way is remembered.
func (m *marks) marked(source, stdout int64) {
	m.mu.Lock()
	if len(m.waiting) > 0 {
		sent := m.waiting[0]
		m.waiting = m.waiting[1:]
		m.spare = sent.snapshot
		close(sent.known)
	}
	m.mu.Unlock()
	m.release(place{source: source, stdout: stdout})
}

// release lets both sides forget what will not be asked for again.
func (m *marks) release(p place) {
	m.source.ReleaseStdout(p.source)
	m.destination.ReleaseStdout(p.stdout)
	m.relay.listener.released.Store(p.stdout)
}

// understood sees that a destination which writes much without reading is not
// kept waiting for a mark that it would have to read.
func (m *marks) understood(at, released int64) {
	if m != nil && at-released > mostUnderstood {
		m.destination.ReleaseStdout(at)
		m.relay.listener.released.Store(at)
	}
}

// errNotResumable tells that a relay cannot leave its connectors to another.
var errNotResumable = errors.New("this sync's connectors end with their relay: it cannot be detached")
