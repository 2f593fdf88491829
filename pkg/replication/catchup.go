package replication

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// catchUp holds a successor's steps in order. Its predecessor may have sent
// states behind the mark, seen them return, and saved them. So the destination's
// output is not looked at before all that was sent is produced again, and no
// checkpoint is written before all is understood that the predecessor can have
// understood: the newest position of each stream is then no older than what it
// saved. Until then no states are merged, for the same reason, and no mark is
// sent.
type catchUp struct {
	accepted, produced int64
	ended              bool        // the end of the destination's input, too
	whole              atomic.Bool // all that was accepted is produced again
	forwarded          chan struct{}
	understood         chan struct{}
	once, then         sync.Once
}

// newCatchUp gives what is over from the start without a predecessor.
func newCatchUp(from *Resume) *catchUp {
	c := &catchUp{forwarded: make(chan struct{}), understood: make(chan struct{})}
	if from == nil {
		c.sent(0, false)
		c.then.Do(func() { close(c.understood) })
		return c
	}
	c.accepted, c.produced, c.ended = from.Accepted, from.Produced, from.Ended
	return c
}

// sent is told how much was written to the destination, and whether its input
// was closed.
func (c *catchUp) sent(written int64, closed bool) {
	if written >= c.accepted && (closed || !c.ended) {
		c.whole.Store(true)
		c.stop()
	}
}

// stop ends the waiting of the listener, also when not all will be produced
// again.
func (c *catchUp) stop() { c.once.Do(func() { close(c.forwarded) }) }

// over tells that marks can be sent and checkpoints written.
func (c *catchUp) over() bool {
	select {
	case <-c.understood:
		return true
	default:
		return false
	}
}

// heard is told, before more of the destination's output is read, up to where
// all of it is understood. Nothing is saved if what was sent is not all
// produced again.
func (r *Relay) heard(at int64) {
	c := r.catchUp
	if at < c.produced || c.over() || !c.whole.Load() {
		return
	}
	r.book.mergeAgain()
	c.then.Do(func() { close(c.understood) })
}

// mergeAgain ends the time in which states under way are not merged.
func (b *book) mergeAgain() {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.pending
	if p.whole = false; p.live > p.maxStates || p.bytes > p.maxBytes {
		p.thin()
	}
}

// thin merges states under way.
func (b *book) thin() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pending.thin()
}

// live counts the states under way.
func (b *book) live() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pending.live
}

// resume has the relay begin where its predecessor's mark is.
func (r *Relay) resume(from *Resume) error {
	var unsaved []step
	if from.Snapshot != nil {
		var err error
		if unsaved, err = r.recall(from.Snapshot); err != nil {
			return err
		}
	}
	r.book.pending.whole = true
	r.forwarder.to.written, r.forwarder.to.onWritten = from.Stdin, func(n int64) { r.catchUp.sent(n, r.watch.closed.Load()) }
	r.listener.at.Store(from.Stdout)
	r.listener.released.Store(from.Stdout)
	r.marks.consumed, r.marks.begun = from.Source, from.Source
	r.marks.last, r.marks.at = r.marks.here(), time.Now()
	r.unsaved = unsaved
	r.early = from.Produced
	if r.finished {
		r.early = math.MinInt64
		r.watch.inputClosed()
	}
	r.catchUp.sent(from.Stdin, false)
	return nil
}
