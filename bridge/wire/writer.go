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

// directSize is the payload from which a frame is not copied where a Gather
// collects what is sent: to copy it costs more than a record for the header.
const directSize = 8 << 10

// Writer writes frames. Frames are collected, header and payload side by side,
// and go out in one write when the next does not fit or at Flush. It allocates
// nothing per frame. It is not safe for concurrent use.
type Writer struct {
	w     io.Writer
	under *Gather
	buf   *[]byte
	err   error // sticky
}

// NewWriter makes a Writer. Close returns its buffer to a pool.
func NewWriter(w io.Writer) *Writer {
	return &Writer{w: w, buf: writerPool.Get().(*[]byte)}
}

// Over tells that w is TLS over g. Large payloads are then encrypted from where
// they are, and several frames are sent at once.
func (w *Writer) Over(g *Gather) *Writer {
	w.under = g
	return w
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
	if w.under != nil && len(f.Payload) >= directSize {
		return w.direct(f.Payload)
	}
	*w.buf = append(*w.buf, f.Payload...)
	return nil
}

// direct has TLS encrypt what was collected, and a payload behind it, into the
// Gather.
func (w *Writer) direct(payload []byte) error {
	w.under.hold()
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
	if w.err == nil && w.under != nil {
		w.err = w.under.send()
	}
	return w.err
}

func (w *Writer) room(n int) error {
	if w.err != nil {
		return w.err
	}
	if len(*w.buf)+n > writerSize || w.under != nil && w.under.pending()+len(*w.buf)+n+recordsOverhead > gatherSize {
		return w.Flush()
	}
	return nil
}

// Close gives the buffer back, without sending what is in it.
func (w *Writer) Close() {
	if w.err == nil {
		*w.buf = (*w.buf)[:0]
		writerPool.Put(w.buf)
	}
	w.buf, w.err = new([]byte), io.ErrClosedPipe
}
