package lines

import (
	"bytes"
	"io"
)

const (
	// startSize is the first buffer: enough for most connectors.
	startSize = 256 << 10
	// readSize is what the buffer grows to once a read has filled it: the
	// capacity that runtimes give a connector's pipes.
	readSize = 1 << 20
	// keepSize is the largest buffer that is kept for the next line. A larger
	// one is given back: a connector may be silent for hours after its one huge
	// line.
	keepSize = 4 << 20
	// DefaultLimit is the longest line allowed when a reader is made with
	// limit 0, in bytes.
	DefaultLimit = 256 << 20
)

// Reader reads lines from a source. The slices it returns are parts of its
// buffer and valid until its next call. A carriage return before the newline
// stays in the line. A Reader is for one goroutine.
type Reader struct {
	src   io.Reader
	limit int
	// buf[start:end] is unread, its first scanned bytes hold no newline. buf is
	// never longer than limit+1, so a newline in it always ends a legal line.
	buf                 []byte
	start, end, scanned int
	err                 error // what src returned, told once all is handed out
	full                bool  // the last read filled the buffer
	open                bool  // the last line or block had no newline at its end
	overlong            int64 // bytes of a too long line dropped so far; 0 if in none
}

// NewReader returns a Reader of src for lines of at most limit bytes without
// the newline; 0 means DefaultLimit.
func NewReader(src io.Reader, limit int) *Reader {
	if limit <= 0 {
		limit = DefaultLimit
	}
	return &Reader{src: src, limit: limit}
}

// Next returns the next line without its newline. Errors: a *TooLongError, whose
// line is left out and after which the reader goes on; io.EOF at the end; what
// the source returned. The bytes before the end or error that no newline ended
// are returned first, as a line of their own: then Unterminated is true.
func (r *Reader) Next() ([]byte, error) {
	r.Skip()
	r.open = false
	for {
		if i := bytes.IndexByte(r.buf[r.start+r.scanned:r.end], '\n'); i >= 0 {
			line := r.buf[r.start : r.start+r.scanned+i]
			r.start, r.scanned = r.start+len(line)+1, 0
			return line, nil
		}
		r.scanned = r.end - r.start
		if rest, done, err := r.more(); done {
			return rest, err
		}
	}
}

// NextBlock returns all whole lines that are buffered, with their newlines,
// after waiting for at least one. Errors and the last, unterminated line are as
// with Next; the two may be called in turns.
func (r *Reader) NextBlock() ([]byte, error) {
	r.Skip()
	r.open = false
	for {
		if i := bytes.LastIndexByte(r.buf[r.start+r.scanned:r.end], '\n'); i >= 0 {
			block := r.buf[r.start : r.start+r.scanned+i+1]
			r.start += len(block)
			r.scanned = r.end - r.start
			return block, nil
		}
		r.scanned = r.end - r.start
		if rest, done, err := r.more(); done {
			return rest, err
		}
	}
}

// Unterminated tells whether the line or block returned last had no newline at
// its end because its source ended or failed there.
func (r *Reader) Unterminated() bool { return r.open }

// more gets more of a line that is not whole yet. It is done when there is no
// more to get: then it returns the rest, or why there is none.
func (r *Reader) more() (rest []byte, done bool, err error) {
	if r.end-r.start > r.limit {
		return nil, true, r.tooLong()
	}
	if r.err == nil {
		r.fill()
		return nil, false, nil
	}
	if r.start == r.end {
		return nil, true, r.err
	}
	rest = r.buf[r.start:r.end]
	r.start, r.scanned, r.open = r.end, 0, true
	return rest, true, nil
}
