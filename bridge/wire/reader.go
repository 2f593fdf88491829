package wire

import (
	"errors"
	"fmt"
	"io"
	"sync"
)

// readerSize holds a whole frame behind the beginning of another.
const readerSize = 2 * (HeaderSize + MaxPayload)

var readerPool = sync.Pool{New: func() any { return new([readerSize]byte) }}

// Reader reads frames. It allocates nothing per frame. It is not safe for
// concurrent use.
type Reader struct {
	r          io.Reader
	buf        *[readerSize]byte
	start, end int   // what was read and not yet returned
	err        error // sticky

	stream Stream
	into   func(f Frame, length int) (first, second []byte, err error)
}

// Into has the payloads of a stream's DATA frames read straight to where they
// belong: place gives room for length bytes, in two pieces, or an error, which
// Next returns. Next returns such a frame when its payload is there; its Payload
// is nil. Where there is no room and no error the payload is in the frame, as
// ever. Of a payload that does not come whole, a part may have been written.
func (r *Reader) Into(s Stream, place func(f Frame, length int) (first, second []byte, err error)) {
	r.stream, r.into = s, place
}

// place reads a payload of length bytes to where it belongs, if there is room.
func (r *Reader) place(f Frame, length int) (placed bool, err error) {
	first, second, err := r.into(f, length)
	if err != nil || len(first)+len(second) == 0 {
		return false, err
	}
	r.start += HeaderSize
	for _, piece := range [][]byte{first, second} {
		n := copy(piece, r.buf[r.start:r.end])
		r.start += n
		if err := r.read(piece[n:]); err != nil {
			return true, err
		}
	}
	return true, nil
}

// read reads a piece of a payload, behind all that was buffered.
func (r *Reader) read(piece []byte) error {
	for len(piece) > 0 {
		if r.err != nil {
			return r.ended(len(piece) + HeaderSize)
		}
		var n int
		n, r.err = r.r.Read(piece)
		piece = piece[n:]
	}
	return nil
}

// NewReader makes a Reader. Close returns its buffer to a pool.
func NewReader(r io.Reader) *Reader {
	return &Reader{r: r, buf: readerPool.Get().(*[readerSize]byte)}
}

// Next reads the next frame. Its payload is valid until the following call or
// Close. Errors: io.EOF between two frames, io.ErrUnexpectedEOF within one, a
// *FormatError, or the underlying reader's error; each is final. A frame that is
// not allowed is refused by its header, before its payload is waited for.
func (r *Reader) Next() (Frame, error) {
	if err := r.fill(HeaderSize); err != nil {
		return Frame{}, err
	}
	f, length, err := parseHeader(r.buf[r.start : r.start+HeaderSize])
	if err != nil {
		r.err = err
		return Frame{}, err
	}
	if r.into != nil && f.Type == Data && f.Stream == r.stream {
		if placed, err := r.place(f, length); placed || err != nil {
			return f, err
		}
	}
	if err := r.fill(HeaderSize + length); err != nil {
		return Frame{}, err
	}
	from := r.start + HeaderSize
	f.Payload = r.buf[from : from+length : from+length]
	r.start = from + length
	return f, nil
}

// Buffered tells how many bytes were read and not returned yet: while it is 0,
// Next waits for the network.
func (r *Reader) Buffered() int { return r.end - r.start }

// fill reads until n bytes are there.
func (r *Reader) fill(n int) error {
	if r.start == r.end {
		r.start, r.end = 0, 0
	}
	for r.end-r.start < n {
		if r.err != nil {
			return r.ended(n)
		}
		if r.start+n > readerSize || r.start > readerSize/2 {
			r.end = copy(r.buf[:], r.buf[r.start:r.end])
			r.start = 0
		}
		var got int
		got, r.err = r.r.Read(r.buf[r.end:])
		r.end += got
	}
	return nil
}

// ended gives the reason why n bytes will not come.
func (r *Reader) ended(n int) error {
	if errors.Is(r.err, io.EOF) && (r.end > r.start || n > HeaderSize) {
		return fmt.Errorf("the connection ended within a frame: %w", io.ErrUnexpectedEOF)
	}
	return r.err
}

// Close gives the buffer back. It does not close the underlying reader.
func (r *Reader) Close() {
	if r.buf != nil {
		readerPool.Put(r.buf)
	}
	r.into = nil
	r.buf, r.start, r.end, r.err = nil, 0, 0, io.ErrClosedPipe
}
