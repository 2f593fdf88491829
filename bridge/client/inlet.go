package client

import (
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	// stdinWindow is how far credit may be beyond what is accepted, and so how
	// much must be kept to send it again; docs/bridge-protocol.md has it.
	stdinWindow = 1 << 20
	// stdinStaging is what may be written while a whole window is on its way.
	stdinStaging = 256 << 10
	// maxMarks is how many marks may wait for their MARKED.
	maxMarks = 4
)

// inlet is the relay's end of a connector's standard input: a ring of the bytes
// that the bridge may not have accepted yet, with marks between them.
type inlet struct {
	run     *Run
	writing sync.Mutex // held by Write and Mark
	room    *sync.Cond // on run.mu

	// Guarded by run.mu. Offsets are of the stream.
	ring     []byte
	base     int64 // the first byte kept
	sent     int64 // the next byte to send on this connection
	high     int64 // the highest byte ever sent
	written  int64 // the next byte to be written
	credit   int64
	replay   *replay // not nil while bytes are compared and swallowed
	marks    []*mark
	said     int // how many of marks were sent whole on this connection
	closed   bool
	ended    bool // END was sent on this connection, or the bridge has it
	gone     bool // nobody reads any more
	err      error
	deadline time.Time
	timer    *time.Timer
}

func newInlet(r *Run) *inlet { return &inlet{run: r, room: sync.NewCond(&r.mu)} }

// Write hands bytes to the connection layer, which sends them when the bridge
// takes them. It waits while more than a window is unaccepted, and fails with
// syscall.EPIPE once the connector reads no more, with os.ErrDeadlineExceeded,
// os.ErrClosed after Close, a *MismatchError after a resume, or with the reason
// why the run is over.
func (in *inlet) Write(p []byte) (int, error) {
	in.writing.Lock()
	defer in.writing.Unlock()
	n, err := in.swallow(p)
	for err == nil && n < len(p) {
		var free []byte
		if free, err = in.wait(); err == nil {
			k := copy(free, p[n:])
			in.put(k)
			n += k
		}
	}
	return n, err
}

// wait waits for room in the ring.
func (in *inlet) wait() ([]byte, error) {
	r := in.run
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		if err := in.failure(); err != nil {
			return nil, err
		}
		if in.ring == nil {
			in.ring = make([]byte, stdinWindow+stdinStaging)
		}
		if free := len(in.ring) - int(in.written-in.base); free > 0 {
			at := int(in.written % int64(len(in.ring)))
			return in.ring[at:min(at+free, len(in.ring))], nil
		}
		if err := in.pause(); err != nil {
			return nil, err
		}
	}
}

// failure is why nothing more can be written.
func (in *inlet) failure() error {
	switch {
	case in.run.err != nil:
		return in.run.err
	case in.err != nil:
		return in.err
	case in.closed:
		return os.ErrClosed
	case in.gone:
		return syscall.EPIPE
	}
	return nil
}

// pause waits for a change, until the deadline.
func (in *inlet) pause() error {
	if !in.deadline.IsZero() {
		left := time.Until(in.deadline)
		if left <= 0 {
			return os.ErrDeadlineExceeded
		}
		in.alarm(left)
	}
	in.room.Wait()
	return nil
}

// alarm wakes a waiting writer after a while.
func (in *inlet) alarm(after time.Duration) {
	if in.timer != nil {
		in.timer.Reset(after)
		return
	}
	in.timer = time.AfterFunc(after, func() {
		in.run.mu.Lock()
		defer in.run.mu.Unlock()
		in.room.Broadcast()
	})
}

// put counts bytes that were copied into the ring.
func (in *inlet) put(n int) {
	in.run.mu.Lock()
	defer in.run.mu.Unlock()
	in.written += int64(n)
	if in.sent < in.credit {
		in.run.nudge()
	}
}

// SetWriteDeadline bounds writes as with *os.File: one that waits and one that
// comes later. The zero time lifts it.
func (in *inlet) SetWriteDeadline(t time.Time) error {
	in.run.mu.Lock()
	defer in.run.mu.Unlock()
	in.deadline = t
	in.room.Broadcast()
	return nil
}

// Close gives the connector the end of file behind all that was written. It may
// be called again. A resumed relay that closes before it has produced what the
// bridge accepted gets a *MismatchError.
func (in *inlet) Close() error {
	in.run.mu.Lock()
	defer in.run.mu.Unlock()
	if in.closed {
		return nil
	}
	in.closed = true
	in.room.Broadcast()
	in.run.nudge()
	if in.replay != nil && in.written < in.replay.to && in.err == nil && in.run.err == nil {
		in.err = in.replay.mismatch("it ended before")
		return in.err
	}
	return nil
}

// hangUp tells writers that nobody reads any more.
func (in *inlet) hangUp() {
	in.gone = true
	in.room.Broadcast()
}
