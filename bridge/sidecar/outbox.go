package sidecar

import (
	"sync"
	"time"

	"knelt.dev/bridge/wire"
)

// maxQueue bounds the answers that wait for a relay. One that asks without
// reading is cut.
const maxQueue = 1024

// outbox is what one session has to send. Answers are queued; everything else is
// looked up when there is room on the connection, so it takes no memory.
type outbox struct {
	outMu    sync.Mutex
	answers  []wire.Frame
	flows    [2]flow // stdout, stderr
	last     wire.Frame
	lastJSON any
	ending   bool // last, if any, follows the answers, then the end

	bell chan struct{} // cap 1: something is new

	// Of the sending goroutine.
	granted    int64 // credit of stdin that was told
	stdinEnd   bool  // END of stdin was told
	launchSaid bool
	exitSaid   bool
	lastSent   time.Time
}

// flow is how far an output has gone on this connection.
type flow struct {
	stream       wire.Stream
	window       *window
	started      bool
	next, credit int64
	ended        bool // END was sent
}

func (o *outbox) init(b *Sidecar) {
	o.bell = make(chan struct{}, 1)
	o.flows = [2]flow{{stream: wire.Stdout, window: b.out}, {stream: wire.Stderr, window: b.err}}
}

func (o *outbox) wake() { ring(o.bell) }

// queue adds an answer.
func (o *outbox) queue(f wire.Frame) error {
	o.outMu.Lock()
	defer o.outMu.Unlock()
	if len(o.answers) >= maxQueue {
		return breach("%d frames ask for answers that are not read", maxQueue)
	}
	o.answers = append(o.answers, f)
	o.wake()
	return nil
}

// finish has the sender send the answers that wait, then this last frame (type
// 0: none), and end.
func (o *outbox) finish(t wire.Type, v any) {
	o.outMu.Lock()
	defer o.outMu.Unlock()
	o.last, o.lastJSON, o.ending = wire.Frame{Type: t}, v, true
	o.wake()
}

// credit takes the relay's CREDIT of an output. The first one tells where to
// start.
func (o *outbox) credit(f wire.Frame) error {
	o.outMu.Lock()
	defer o.outMu.Unlock()
	w := o.flow(f.Stream)
	if !w.started {
		if err := w.start(f); err != nil {
			return err
		}
	}
	w.credit = max(w.credit, f.Offset)
	o.wake()
	return nil
}

func (o *outbox) flow(s wire.Stream) *flow { return &o.flows[s-wire.Stdout] }

func (w *flow) start(f wire.Frame) error {
	var p wire.FromPayload
	if err := wire.Decode(f, &p); err != nil {
		return err
	}
	have := w.window.state()
	if p.From < 0 || p.From > have.Produced || (p.From < have.Kept && w.stream == wire.Stdout) {
		return breach("CREDIT of %s from offset %d, but the bytes from %d to %d are kept", w.stream, p.From, have.Kept, have.Produced)
	}
	w.started, w.next, w.credit = true, p.From, p.From
	return nil
}

// release takes the relay's RELEASE. What was not sent on this connection must
// not be released, lest it be skipped.
func (o *outbox) release(f wire.Frame) error {
	o.outMu.Lock()
	defer o.outMu.Unlock()
	w := o.flow(f.Stream)
	limit := w.window.state().Produced
	if w.started {
		limit = w.next
	}
	if f.Offset > limit {
		return breach("RELEASE of %s up to %d, but only %d bytes were sent", f.Stream, f.Offset, limit)
	}
	w.window.release(f.Offset)
	return nil
}
