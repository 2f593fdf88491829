package client

import (
	"fmt"

	"knelt.dev/bridge/wire"
)

// mark is a mark on its way.
type mark struct {
	wire.MarkPayload
	afterEnd bool   // it was made after Close
	end      []byte // the payload of its MARKEND
	snapshot []byte
	piece    int // how much of snapshot was said on this connection
}

// Mark puts a mark behind all that was written to Stdin. Its Offset and Snapshot
// are set here. It returns when the mark is handed to the connection layer, which
// sends it in its place; OnMarked tells when the bridge remembers it. snapshot
// must not be changed until then. Mark waits while several marks are on their
// way; its errors are those of writing to Stdin, and ErrBehind during a resume.
func (r *Run) Mark(m wire.MarkPayload, snapshot []byte) error {
	if len(snapshot) > maxSnapshot {
		return fmt.Errorf("a snapshot of %d bytes is too large for a mark: at most %d are taken; mark when less is pending", len(snapshot), maxSnapshot)
	}
	in := r.stdin
	in.writing.Lock()
	defer in.writing.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		if err := in.markable(); err != nil {
			return err
		}
		if len(in.marks) < maxMarks {
			return in.addMark(m, snapshot)
		}
		if err := in.pause(); err != nil {
			return err
		}
	}
}

// onlyClosed tells that nothing is wrong but that the input was closed.
func (in *inlet) onlyClosed() bool {
	return in.closed && in.run.err == nil && in.err == nil && !in.gone
}

// markable tells why no mark can be made now. One after Close can: the
// destination's answers are still understood and checkpointed then.
func (in *inlet) markable() error {
	if in.replay != nil && in.written < in.replay.to && in.err == nil && in.run.err == nil {
		return ErrBehind
	}
	if err := in.failure(); err != nil && !in.onlyClosed() {
		return err
	}
	return nil
}

func (in *inlet) addMark(m wire.MarkPayload, snapshot []byte) error {
	m.Offset, m.Snapshot = in.written, int64(len(snapshot))
	end, err := wire.Encode(m)
	if err != nil {
		return fmt.Errorf("making a mark: %w", err)
	}
	in.marks = append(in.marks, &mark{MarkPayload: m, afterEnd: in.closed, end: end, snapshot: snapshot})
	in.run.nudge()
	return nil
}

// sayMark adds a piece of a mark's snapshot, or its end.
func (in *inlet) sayMark(frames []wire.Frame, m *mark) []wire.Frame {
	f := wire.Frame{Type: wire.MarkEnd, Stream: wire.Stdin, Offset: m.Offset, Payload: m.end}
	if rest := m.snapshot[m.piece:]; len(rest) > 0 {
		f.Type, f.Payload = wire.Mark, rest[:min(len(rest), wire.BestPayload)]
		m.piece += len(f.Payload)
	} else {
		in.said++
	}
	return append(frames, f)
}

// OnMarked sets what is called, in order, with each mark that the bridge
// remembers: the relay may then release the source's output up to m.Source and
// the destination's up to m.Stdout. Set it before the first Mark. It is called
// from the goroutine that reads the connection and must not wait.
func (r *Run) OnMarked(call func(m wire.MarkPayload)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.onMarked = call
}
