package host

import (
	"bufio"
	"context"
	"fmt"
)

// Stream writes a body piece by piece, such as server-sent events. Its context
// is the handler's, and ends as that does. The status has been sent when it
// begins, so its error reaches the log only, and cuts the body short.
type Stream func(context.Context, *StreamWriter) error

// StreamWriter is the body of a Stream.
type StreamWriter struct{ buffer *bufio.Writer }

// Write buffers a piece.
func (w *StreamWriter) Write(p []byte) (int, error) { return w.buffer.Write(p) }

// Flush sends what is buffered. Its error is of a client that has gone.
func (w *StreamWriter) Flush() error { return w.buffer.Flush() }

// stream has a body written after the handler has returned, and calls done when
// that is over.
func (x *exchange) stream(ctx context.Context, s Stream, done func(error)) {
	x.fiber.Context().SetBodyStreamWriter(func(buffer *bufio.Writer) {
		err := x.streamed(ctx, s, &StreamWriter{buffer})
		if flushed := buffer.Flush(); err == nil && flushed != nil {
			err = ErrClientGone
		}
		done(err)
	})
}

func (x *exchange) streamed(ctx context.Context, s Stream, w *StreamWriter) (err error) {
	defer func() {
		if p := recover(); p != nil {
			x.panicked(p)
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return s(ctx, w)
}
