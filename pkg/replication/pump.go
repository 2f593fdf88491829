package replication

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"knelt.dev/pkg/lines"
)

// forward moves bytes until the source's output ends or nothing more may be
// forwarded; then the rest of the output is thrown away, so that the source can
// end.
func (r *Relay) forward() {
	out := &lively{Reader: r.source.Stdout(), alive: r.watch.sourceLives}
	in := lines.NewReader(out, r.cfg.Limits.MaxLine)
	if err := r.pump(in, out); !errors.Is(err, io.EOF) {
		r.failForward(err, in)
		r.deafen(out)
	}
	r.watch.waiting(true) // its end is the last sign of life that is awaited
	rest := writerFunc(r.discard)
	if _, err := io.Copy(rest, out); err != nil && !r.strays(Source, err) {
		r.out.printf("DEBUG", "reading the rest of the source's output: %v", err)
	}
}

// deafen tells a successor, before anything else is sent to the destination,
// that nothing more is forwarded. All that was read counts as consumed.
func (r *Relay) deafen(out *lively) {
	r.marks.take()
	defer r.marks.give()
	if r.marks != nil && !r.left() {
		r.marks.passed(r.marks.begun + out.read - r.marks.consumed)
		r.marks.force()
	}
}

// discard takes what is not forwarded.
func (r *Relay) discard(b []byte) (int, error) {
	r.marks.take()
	defer r.marks.give()
	r.marks.passed(int64(len(b)))
	return len(b), nil
}

// writerFunc is a function that takes bytes.
type writerFunc func(b []byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// errDeaf tells that nothing more may be forwarded, for a cause that is noted.
var errDeaf = errors.New("nothing more may be forwarded")

// pump moves blocks of lines; its end is an error, io.EOF if it is the source's.
func (r *Relay) pump(in *lines.Reader, out *lively) error {
	for {
		r.watch.waiting(true)
		block, err := in.NextBlock()
		r.watch.waiting(false)
		switch {
		case err != nil:
			return err
		case in.Unterminated() && !errors.Is(out.err, io.EOF):
			return out.err // the rest of the line is not known
		}
		if err := r.pass(block); err != nil {
			return err
		}
	}
}

// pass forwards a block, unless nothing more may be.
func (r *Relay) pass(block []byte) error {
	r.marks.take()
	defer r.marks.give()
	if r.why().deafens() {
		return errDeaf
	}
	if err := r.forwarder.block(block); err != nil {
		return err
	}
	r.marks.passed(int64(len(block)))
	return nil
}

// failForward notes why forwarding ended before the source did, and ends it.
func (r *Relay) failForward(err error, in *lines.Reader) {
	var broken *violation
	var tooLong *lines.TooLongError
	var stopped *stoppedReading
	switch {
	case errors.Is(err, errDeaf):
	case errors.As(err, &stopped) && r.strays(Destination, err):
	case stopped == nil && r.strays(Source, err):
	case errors.As(err, &broken):
		r.halt(cause{violated, "protocol violation: " + broken.text})
	case errors.As(err, &tooLong):
		r.halt(cause{violated, r.tooLong(tooLong, in)})
	case stopped != nil:
		r.halt(cause{destinationGone, stopped.Error()})
	default:
		r.halt(cause{violated, fmt.Sprintf("reading the source's output: %v", err)})
	}
	r.endSource()
}

// tooLong names the stream and the size of a line that is too long. The source
// may write it to its end, if that takes no longer than Grace.
func (r *Relay) tooLong(e *lines.TooLongError, in *lines.Reader) string {
	var cut atomic.Bool
	patience := time.AfterFunc(r.cfg.Limits.Grace, func() {
		cut.Store(true)
		if !r.left() {
			r.source.Terminate(0)
		}
	})
	r.watch.waiting(true)
	size := in.Skip()
	patience.Stop()
	atLeast := ""
	if cut.Load() {
		atLeast = "at least "
	}
	return fmt.Sprintf("line %d of the source, %s, has %s%d bytes and at most %d are read (maxLine): raise the limit, or leave the large field out of the selection",
		r.forwarder.lines+1, r.forwarder.lose(e.Prefix), atLeast, size, e.Limit)
}

// lively reports a sign of life for each piece that is read, counts, and keeps
// the error that came last.
type lively struct {
	io.Reader
	alive  func()
	before func(read int64) // told before each Read, if set
	read   int64
	err    error
}

func (l *lively) Read(p []byte) (int, error) {
	if l.before != nil {
		l.before(l.read)
	}
	n, err := l.Reader.Read(p)
	if n > 0 {
		l.alive()
	}
	l.read, l.err = l.read+int64(n), err
	return n, err
}

// maxLogLine is the longest line of a log that is kept whole.
const maxLogLine = 1 << 20

// readStderr logs a connector's stderr line by line.
func (r *Relay) readStderr(from Origin, stderr io.Reader, alive func()) {
	in := lines.NewReader(&lively{Reader: stderr, alive: alive}, maxLogLine)
	for {
		line, err := in.Next()
		var tooLong *lines.TooLongError
		switch {
		case err == nil:
			r.out.text(from, true, line)
		case errors.As(err, &tooLong):
			r.out.text(from, true, tooLong.Prefix)
		default:
			return
		}
	}
}
