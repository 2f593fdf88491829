package replication

import (
	"bytes"
	"io"
	"slices"
	"time"

	"knelt.dev/pkg/airbyte"
)

// forwarder turns the source's lines into the destination's. One goroutine runs
// it. What stays as it came is written from the buffer it was read into: runs
// of whole lines, cut where a line is not forwarded or not as it came.
type forwarder struct {
	cfg   *Config
	book  *book
	to    io.Writer
	out   *journal
	watch *watch

	env     airbyte.Envelope
	edited  []byte
	patches []patch
	lines   int64
	bytes   int64
	logs    int64
	since   int64 // records since the last GLOBAL or LEGACY state
	dirty   []*stream
	status  map[*stream]bool // streams a warning was given for
}

// disposition says what becomes of a line.
type disposition uint8

const (
	// asItCame extends the run of lines written unchanged.
	asItCame disposition = iota
	// rewritten is in forwarder.edited.
	rewritten
	// kept is not forwarded.
	kept
)

// block forwards whole lines (the last one may lack its newline). The error is
// the destination's: it takes no more. A *violation means that the source broke
// the protocol so that the sync cannot go on.
func (f *forwarder) block(b []byte) error {
	defer f.publish()
	run, at := 0, 0
	for at < len(b) {
		end := len(b)
		if i := bytes.IndexByte(b[at:], '\n'); i >= 0 {
			end = at + i
		}
		next := min(end+1, len(b))
		d, err := f.line(b[at:end])
		if d != asItCame || err != nil {
			if werr := f.write(b[run:at]); werr != nil {
				return werr
			}
			run = next
		}
		if err != nil {
			return err
		}
		if d == rewritten {
			f.edited = append(f.edited, '\n')
			if werr := f.write(f.edited); werr != nil {
				return werr
			}
		}
		at = next
	}
	return f.writeLast(b[run:])
}

// writeLast writes the rest of a block, with the newline a source forgot before
// its end.
func (f *forwarder) writeLast(b []byte) error {
	if len(b) > 0 && b[len(b)-1] != '\n' {
		b = append(slices.Clip(b), '\n')
	}
	return f.write(b)
}

// line decides about one line and books it.
func (f *forwarder) line(line []byte) (disposition, error) {
	f.lines++
	f.bytes += int64(len(line)) + 1
	switch airbyte.Classify(line, &f.env) {
	case airbyte.LogLine:
		f.logs++
		f.out.text(Source, false, line)
		return kept, nil
	case airbyte.BrokenLine:
		f.broken(line)
		return kept, nil
	}
	switch f.env.Type {
	case airbyte.Record:
		return f.record(line), nil
	case airbyte.State:
		return f.state(line)
	}
	f.logs++
	return kept, f.message(line)
}

func (f *forwarder) record(line []byte) disposition {
	s := f.book.bySource.record(line, &f.env)
	if s == nil {
		f.unconfigured(line)
		return kept
	}
	r := &s.relay
	r.records++
	r.sinceState++
	f.since++
	if !r.dirty {
		r.dirty = true
		f.dirty = append(f.dirty, s)
	}
	if !s.mapped {
		r.bytes += int64(len(line)) + 1
		return asItCame
	}
	f.edited, f.patches = mapRecord(f.edited[:0], line, &f.env, s, f.patches)
	r.bytes += int64(len(f.edited)) + 1
	return rewritten
}

// unconfigured notes a record of a stream nobody selected: a destination would
// fail on it.
func (f *forwarder) unconfigured(line []byte) {
	d := airbyte.Descriptor{
		Name:      string(airbyte.Unquote(nil, f.env.Stream.Of(line))),
		Namespace: string(airbyte.Unquote(nil, f.env.Namespace.Of(line))),
	}
	f.noteUnconfigured("records", d)
}

func (f *forwarder) noteUnconfigured(what string, d airbyte.Descriptor) {
	f.book.mu.Lock()
	first := f.book.source.unconfigured(d)
	f.book.mu.Unlock()
	if first {
		f.out.printf("WARN", "the source sends %s of stream %s, which is not part of this connection: not forwarded", what, d)
	}
}

// broken notes a message that cannot be used. Its text stays out of the log: it
// may hold data.
func (f *forwarder) broken(line []byte) {
	e := &f.env
	var s *stream
	if !e.Stream.Empty() {
		s = f.book.bySource.record(line, e)
	}
	where := "of an unknown stream"
	f.book.mu.Lock()
	switch {
	case s != nil:
		s.ledger.Broken++
		where = "of stream " + s.Descriptor.String()
	case e.Type == airbyte.Record || e.Type == airbyte.State || e.Type == airbyte.None:
		f.book.unassigned++
	default:
		where = ""
	}
	f.book.mu.Unlock()
	f.out.printf("WARN", "line %d of the source (%d bytes) looks like a %s message %s and cannot be used: %s at byte %d; not forwarded",
		f.lines, len(line), e.Type, where, e.Problem, e.Offset)
}

// publish brings the counts into the ledger.
func (f *forwarder) publish() {
	f.book.mu.Lock()
	defer f.book.mu.Unlock()
	f.publishLocked()
}

func (f *forwarder) publishLocked() {
	for _, s := range f.dirty {
		s.ledger.Relayed, s.ledger.Bytes = s.relay.records, s.relay.bytes
		s.relay.dirty = false
	}
	f.dirty = f.dirty[:0]
	f.book.source.Lines, f.book.source.Bytes, f.book.source.LogLines = f.lines, f.bytes, f.logs
}

// writeSize is the most that is written at once: small enough to see that a
// slow destination is alive.
const writeSize = 64 << 10

func (f *forwarder) write(b []byte) error {
	for len(b) > 0 {
		n := min(len(b), writeSize)
		f.watch.giving(true)
		_, err := f.to.Write(b[:n])
		f.watch.giving(false)
		if err != nil {
			return &stoppedReading{err}
		}
		b = b[n:]
	}
	return nil
}

// stoppedReading tells that the destination takes no more.
type stoppedReading struct{ err error }

func (e *stoppedReading) Error() string { return "the destination stopped reading: " + e.err.Error() }
func (e *stoppedReading) Unwrap() error { return e.err }

// emittedMillis is the emitted_at of what the relay writes itself.
func (c *Config) emittedMillis() int64 { return c.Emitted.Round(time.Millisecond).UnixMilli() }
