package replication

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/lines"
)

// readDestination reads what the destination says while it is written to, so
// that neither waits for the other.
func (r *Relay) readDestination() {
	d := r.listener
	defer d.publish()
	<-r.catchUp.forwarded
	from := d.at.Load()
	out := &lively{Reader: r.destination.Stdout(), alive: r.watch.destinationLives}
	out.before = func(read int64) { r.heard(from + read) }
	if err := d.listen(lines.NewReader(out, r.cfg.Limits.MaxLine), out); !errors.Is(err, io.EOF) {
		r.strays(Destination, err)
	}
}

// listener understands the destination's lines.
type listener struct {
	relay *Relay
	// at is the offset in its stdout up to which whole lines are understood,
	// released up to which it need not be kept.
	at, released atomic.Int64

	// mu is held while a line is understood, or a snapshot is taken.
	mu          sync.Mutex
	env         airbyte.Envelope
	lines, logs int64
	bytes       int64
	warned      bool
}

// listen understands lines until they end.
func (d *listener) listen(in *lines.Reader, out *lively) error {
	for {
		line, err := in.Next()
		var tooLong *lines.TooLongError
		switch {
		case err == nil && in.Unterminated() && !errors.Is(out.err, io.EOF):
			return out.err // the rest of the line is not known
		case err == nil:
			d.hear(line, !in.Unterminated())
		case errors.As(err, &tooLong):
			d.at.Add(in.Skip() + 1)
			d.relay.out.printf("WARN", "the destination wrote a line longer than %d bytes: left out", tooLong.Limit)
		default:
			return err
		}
		d.relay.marks.understood(d.at.Load(), d.released.Load())
	}
}

// hear understands a line while no snapshot is taken.
func (d *listener) hear(line []byte, terminated bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.line(line)
	size := int64(len(line))
	if terminated {
		size++
	}
	d.at.Add(size)
}

func (d *listener) line(line []byte) {
	d.lines++
	d.bytes += int64(len(line)) + 1
	if d.lines%1024 == 0 {
		d.publish()
	}
	switch airbyte.Classify(line, &d.env) {
	case airbyte.LogLine:
		d.logs++
		d.relay.out.text(Destination, false, line)
	case airbyte.BrokenLine:
		d.logs++
		d.relay.out.printf("WARN", "line %d of the destination (%d bytes) was meant to be a message and cannot be used: %s at byte %d",
			d.lines, len(line), d.env.Problem, d.env.Offset)
	case airbyte.ProtocolLine:
		d.message(line)
	}
}

func (d *listener) message(line []byte) {
	switch d.env.Type {
	case airbyte.State:
		d.state(line)
	case airbyte.Record: // some print the records they would have written
	default:
		d.logs++
		d.decoded(line)
	}
}

func (d *listener) state(line []byte) {
	r := d.relay
	at := d.at.Load()
	readAll := r.watch.closed.Load() && at >= r.early
	steps, m := r.book.returned(readEcho(line, d.env.Body), r.cfg.AcknowledgesInOrder, readAll)
	r.saver.put(steps, at+int64(len(line))+1)
	if m == unknownState && !d.warned {
		d.warned = true
		r.out.printf("WARN", "line %d of the destination returns a state that was never sent: it will not be kept", d.lines)
	}
	d.publish()
}

func (d *listener) decoded(line []byte) {
	r := d.relay
	m, err := airbyte.Decode(line)
	if err != nil {
		r.out.printf("WARN", "line %d of the destination is a %s message that cannot be read: %v", d.lines, d.env.Type, err)
		return
	}
	switch {
	case m.Log != nil:
		r.out.message(Destination, m.Log)
	case m.Control != nil:
		control(&r.cfg, Destination, m.Control)
	case m.Trace != nil && m.Trace.Error != nil:
		r.book.traceError(&r.book.destination, m.Trace.Error, r.cfg.redact)
		r.out.traceError(Destination, m.Trace.Error)
	case m.ConnectionStatus != nil && m.ConnectionStatus.Status == airbyte.CheckFailed:
		failed := airbyte.ErrorTrace{Message: m.ConnectionStatus.Message}
		r.book.traceError(&r.book.destination, &failed, r.cfg.redact)
		r.out.traceError(Destination, &failed)
	}
}

// publish brings the counts into the ledger.
func (d *listener) publish() {
	b := d.relay.book
	b.mu.Lock()
	defer b.mu.Unlock()
	d.publishLocked()
}

func (d *listener) publishLocked() {
	b := d.relay.book
	b.destination.Lines, b.destination.LogLines, b.destination.Bytes = d.lines, d.logs, d.bytes
}
