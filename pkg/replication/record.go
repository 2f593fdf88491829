package replication

import (
	"fmt"

	"knelt.dev/pkg/airbyte"
)

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
	f.stray++
	f.noteUnconfigured("records", airbyte.Descriptor{
		Name:      string(airbyte.Unquote(nil, f.env.Stream.Of(line))),
		Namespace: string(airbyte.Unquote(nil, f.env.Namespace.Of(line))),
	})
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
	problem := fmt.Sprintf("%s at byte %d", f.env.Problem, f.env.Offset)
	what, where := "a message", ""
	if t := f.env.Type; t != airbyte.None {
		what = "a " + t.String() + " message"
	}
	switch f.env.Type {
	case airbyte.Record, airbyte.State, airbyte.None:
		where = ", " + f.loseOf(line, &f.env)
	}
	f.out.printf("WARN", "line %d of the source (%d bytes) was meant to be %s%s and cannot be used: %s; not forwarded",
		f.lines, len(line), what, where, problem)
}

// lose books a lost line of which the beginning is known.
func (f *forwarder) lose(line []byte) string {
	var e airbyte.Envelope
	airbyte.Classify(line, &e)
	return f.loseOf(line, &e)
}

// loseOf books a lost message with its stream, if that can be told, and says
// whose it was.
func (f *forwarder) loseOf(line []byte, e *airbyte.Envelope) string {
	if e.Stream.Empty() {
		return f.loseStream(nil)
	}
	s := f.book.bySource.record(line, e)
	return f.loseStream(s)
}

func (f *forwarder) loseStream(s *stream) string {
	f.book.mu.Lock()
	defer f.book.mu.Unlock()
	if s == nil {
		f.book.unassigned++
		return "of an unknown stream"
	}
	s.ledger.Broken++
	return "of stream " + s.Descriptor.String()
}
