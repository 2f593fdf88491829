package replication

import (
	"errors"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/lines"
)

// readDestination reads what the destination says while it is written to, so
// that neither waits for the other.
func (r *Relay) readDestination() {
	d := &listener{relay: r}
	in := lines.NewReader(r.destination.Stdout(), r.cfg.Limits.MaxLine)
	for {
		line, err := in.Next()
		r.watch.destinationLives()
		var tooLong *lines.TooLongError
		switch {
		case err == nil:
			d.line(line)
		case errors.As(err, &tooLong):
			r.out.printf("WARN", "the destination wrote a line longer than %d bytes: left out", tooLong.Limit)
		default:
			d.publish()
			return
		}
	}
}

// listener understands the destination's lines.
type listener struct {
	relay       *Relay
	env         airbyte.Envelope
	lines, logs int64
	bytes       int64
	warned      bool
}

func (d *listener) line(line []byte) {
	d.lines++
	d.bytes += int64(len(line)) + 1
	switch airbyte.Classify(line, &d.env) {
	case airbyte.LogLine:
		d.logs++
		d.relay.out.text(Destination, false, line)
	case airbyte.BrokenLine:
		d.logs++
		d.relay.out.printf("WARN", "line %d of the destination looks like a %s message and cannot be used: %s at byte %d",
			d.lines, d.env.Type, d.env.Problem, d.env.Offset)
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
	e := readEcho(line, d.env.Body)
	c, m := r.book.returned(e, r.cfg.AcknowledgesInOrder, r.watch.closed.Load())
	switch {
	case m == acknowledged:
		r.saver.put(c)
	case m == unknownState && !d.warned:
		d.warned = true
		r.out.printf("WARN", "line %d of the destination returns a state that was never sent: it will not be kept", d.lines)
	}
	d.publish()
}

func (d *listener) decoded(line []byte) {
	out := d.relay.out
	m, err := airbyte.Decode(line)
	if err != nil {
		out.printf("WARN", "line %d of the destination is a %s message that cannot be read: %v", d.lines, d.env.Type, err)
		return
	}
	switch {
	case m.Log != nil:
		out.message(Destination, m.Log)
	case m.Control != nil:
		control(&d.relay.cfg, Destination, m.Control)
	case m.Trace != nil && m.Trace.Error != nil:
		d.relay.book.traceError(&d.relay.book.destination, m.Trace.Error)
		out.traceError(Destination, m.Trace.Error)
	case m.ConnectionStatus != nil && m.ConnectionStatus.Status == airbyte.CheckFailed:
		d.relay.book.traceError(&d.relay.book.destination, &airbyte.ErrorTrace{Message: m.ConnectionStatus.Message})
	}
}

func (d *listener) publish() {
	b := d.relay.book
	b.mu.Lock()
	defer b.mu.Unlock()
	b.destination.Lines, b.destination.LogLines, b.destination.Bytes = d.lines, d.logs, d.bytes
}
