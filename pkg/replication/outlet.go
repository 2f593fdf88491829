package replication

import (
	"errors"
	"io"
	"os"
	"time"
)

// outlet gathers what goes to the destination. Long runs of bytes that stay as
// they came are written from where they are; what was rewritten, and what is
// short, is gathered first, so that it does not take a system call a line.
type outlet struct {
	to    io.Writer
	watch *watch
	// gathered is appended to by the forwarder, then counted by grew.
	gathered []byte
	// deadline bounds a write so that a slow destination is seen to take
	// bytes; nil where that cannot be done.
	deadline func(time.Time) error
	every    time.Duration
	// written is how much was, since the destination's start; onWritten, if
	// set, is told.
	written   int64
	onWritten func(written int64)
}

const (
	// directSize is from where a run of bytes is not worth copying.
	directSize = 16 << 10
	// gatherSize is how much is gathered before it is written; with one run
	// more it still goes in one write.
	gatherSize = writeSize - directSize
	// keptSize is the largest buffer that is kept for the next lines.
	keptSize = 4 << 20
	// writeSize is the most that is written at once where writes cannot be
	// bounded by a deadline.
	writeSize = 64 << 10
)

func newOutlet(to io.Writer, w *watch, idle time.Duration) *outlet {
	o := &outlet{to: to, watch: w}
	if d, ok := to.(interface{ SetWriteDeadline(time.Time) error }); ok && idle > 0 {
		o.deadline, o.every = d.SetWriteDeadline, max(idle/8, time.Millisecond)
	}
	return o
}

// pass takes a run of bytes that is only valid now.
func (o *outlet) pass(b []byte) error {
	if len(b) < directSize {
		o.gathered = append(o.gathered, b...)
		return o.grew()
	}
	if err := o.flush(); err != nil {
		return err
	}
	return o.write(b)
}

// grew is told that something was appended to gathered.
func (o *outlet) grew() error {
	if len(o.gathered) < gatherSize {
		return nil
	}
	return o.flush()
}

// flush writes what was gathered.
func (o *outlet) flush() error {
	err := o.write(o.gathered)
	o.gathered = o.gathered[:0]
	if cap(o.gathered) > keptSize {
		o.gathered = nil
	}
	return err
}

func (o *outlet) write(b []byte) error {
	for len(b) > 0 {
		o.watch.giving(true)
		n, err := o.some(b)
		o.watch.giving(false)
		if o.written += int64(n); o.onWritten != nil {
			o.onWritten(o.written)
		}
		if err != nil && (n == 0 || !errors.Is(err, os.ErrDeadlineExceeded)) {
			return &stoppedReading{err}
		}
		b = b[n:]
	}
	return nil
}

// some writes a piece of b. It returns when at least a byte was taken.
func (o *outlet) some(b []byte) (int, error) {
	if o.deadline == nil {
		return o.to.Write(b[:min(len(b), writeSize)])
	}
	for {
		if err := o.deadline(time.Now().Add(o.every)); err != nil {
			return 0, err
		}
		n, err := o.to.Write(b)
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
	}
}

// stoppedReading tells that the destination takes no more.
type stoppedReading struct{ err error }

// Error is the same whoever notices first that a destination has ended: the one
// who writes to it or the one who waits for its end.
func (e *stoppedReading) Error() string {
	if errors.Is(e.err, os.ErrClosed) {
		return endedTooEarly
	}
	return "the destination stopped reading: " + e.err.Error()
}
func (e *stoppedReading) Unwrap() error { return e.err }
