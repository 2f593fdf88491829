package replication

import (
	"bytes"

	"knelt.dev/pkg/airbyte"
)

// forwarder turns the source's lines into the destination's. One goroutine runs
// it. What stays as it came is written from the buffer it was read into: runs
// of whole lines, cut where a line is not forwarded or not as it came.
type forwarder struct {
	cfg   *Config
	book  *book
	to    *outlet
	out   *journal
	watch *watch

	env        airbyte.Envelope
	edited     []byte // the line that was rewritten last
	patches    []patch
	lines      int64
	bytes      int64
	logs       int64
	since      int64 // records since the last GLOBAL or LEGACY state
	stray      int64 // records of streams nobody selected, since then
	dirty      []*stream
	miscounted map[*stream]bool // a warning was given for them
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

// block forwards whole lines (the last one may lack its newline). A
// *stoppedReading is the destination's: it takes no more. A *violation means
// that the source broke the protocol so that the sync cannot go on; what came
// before it is forwarded.
func (f *forwarder) block(b []byte) error {
	defer f.publish()
	run := 0 // b[run:at] is to be forwarded as it came
	for at := 0; at < len(b); {
		end, next := lineEnd(b, at)
		d, err := f.line(b[at:end])
		if d == asItCame && err == nil {
			at = next
			continue
		}
		if werr := f.to.pass(b[run:at]); werr != nil {
			return werr
		}
		if err != nil {
			return f.endWith(err)
		}
		if err := f.passEdited(d); err != nil {
			return err
		}
		run, at = next, next
	}
	return f.passLast(b[run:])
}

// lineEnd gives where the line that starts at at ends and the next one starts.
func lineEnd(b []byte, at int) (end, next int) {
	if i := bytes.IndexByte(b[at:], '\n'); i >= 0 {
		return at + i, at + i + 1
	}
	return len(b), len(b)
}

// passEdited forwards the line that was rewritten, if one was.
func (f *forwarder) passEdited(d disposition) error {
	if d != rewritten {
		return nil
	}
	f.edited = append(f.edited, '\n')
	err := f.to.pass(f.edited)
	if cap(f.edited) > keptSize {
		f.edited = nil
	}
	return err
}

// passLast forwards the rest of a block, with the newline a source forgot
// before its end, and leaves nothing gathered: the source may now be silent.
func (f *forwarder) passLast(b []byte) error {
	if err := f.to.pass(b); err != nil {
		return err
	}
	if len(b) > 0 && b[len(b)-1] != '\n' {
		if err := f.to.pass(newline); err != nil {
			return err
		}
	}
	return f.to.flush()
}

var newline = []byte{'\n'}

// endWith writes what was gathered before a violation.
func (f *forwarder) endWith(broken error) error {
	if err := f.to.flush(); err != nil {
		return err
	}
	return broken
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
	f.message(line)
	return kept, nil
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
