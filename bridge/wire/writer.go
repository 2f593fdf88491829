package wire

import (
	"io"
	"sync"
)

// BestPayload is the payload size that makes a full frame exactly four TLS
// records: a larger one costs a fifth record for its last bytes.
const BestPayload = MaxPayload - HeaderSize

// writerSize holds one frame of any size.
const writerSize = HeaderSize + MaxPayload

var writerPool = sync.Pool{New: func() any { b := make([]byte, 0, writerSize); return &b }}

// directSize is the payload from which a frame is not copied where the connection
// seals what is sent: to copy it costs more than a record for the header.
const directSize = 8 << 10

// Sealing is a connection that seals what is written from where it is, and gathers
// it. Flush sends it. Reserve does if there is no room for n bytes more, and so what
// it has made room for is written without waiting for the network.
type Sealing interface {
	io.Writer
	Reserve(n int) error
	Flush() error
}

// Writer writes frames. Frames are collected, header and payload side by side,
// and go out in one write when the next does not fit or at Flush. It allocates
// nothing per frame. It is not safe for concurrent use.
type Writer struct {
	w      io.Writer
	sealed Sealing // w, if it is one
	buf    *[]byte
	err    error // sticky
}

// NewWriter makes a Writer. Close returns its buffer to a pool.
func NewWriter(w io.Writer) *Writer {
	sealed, _ := w.(Sealing)
	return &Writer{w: w, sealed: sealed, buf: writerPool.Get().(*[]byte)}
}

// Write adds a frame; its payload may be changed afterwards. Errors: a *FormatError for a frame
// that the protocol does not allow, which is not sent; or the underlying
// writer's, which is final.
func (w *Writer) Write(f Frame) error {
	if err := check(f, len(f.Payload)); err != nil {
		return err
	}
	if err := w.room(HeaderSize + len(f.Payload)); err != nil {
		return err
	}
	*w.buf = appendHeader(*w.buf, f)
	if w.sealed != nil && len(f.Payload) >= directSize {
		return w.direct(f.Payload)
	}
	*w.buf = append(*w.buf, f.Payload...)
	return nil
}

// direct has the connection seal what was collected, and a payload behind it.
func (w *Writer) direct(payload []byte) error {
	if w.encrypt(); w.err == nil {
		_, w.err = w.w.Write(payload)
	}
	return w.err
}

// encrypt hands over what was collected.
func (w *Writer) encrypt() {
	if w.err == nil && len(*w.buf) > 0 {
		_, w.err = w.w.Write(*w.buf)
		*w.buf = (*w.buf)[:0]
	}
}

// WriteJSON adds a frame whose payload is v as JSON.
func (w *Writer) WriteJSON(t Type, s Stream, offset int64, v any) error {
	b, err := Encode(v)
	if err != nil {
		return err
	}
	return w.Write(Frame{Type: t, Stream: s, Offset: offset, Payload: b})
}

// Reserve makes room for a frame with a payload of n bytes, by Flush if need be:
// the Write of it will then not wait for the network.
func (w *Writer) Reserve(n int) error { return w.room(HeaderSize + n) }

// Flush sends what was collected.
func (w *Writer) Flush() error {
	w.encrypt()
	if w.err == nil && w.sealed != nil {
		w.err = w.sealed.Flush()
	}
	return w.err
}

func (w *Writer) room(n int) error {
	if len(*w.buf)+n > writerSize {
		w.encrypt()
	}
	if w.err == nil && w.sealed != nil {
		w.err = w.sealed.Reserve(len(*w.buf) + n)
	}
	return w.err
}

// Close gives the buffer back, without sending what is in it.
func (w *Writer) Close() {
	if w.err == nil {
		*w.buf = (*w.buf)[:0]
		writerPool.Put(w.buf)
	}
	w.buf, w.err = new([]byte), io.ErrClosedPipe
}
