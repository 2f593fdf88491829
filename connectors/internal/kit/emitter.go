package kit

import (
	"bytes"
	"io"
	"sync"
	"sync/atomic"

	"knelt.dev/pkg/airbyte"
)

// flushSize is how much is gathered before a write: enough to make the system
// call cheap, little enough to stay in a CPU's cache.
const flushSize = 128 << 10

// Emitter writes messages to stdout, whole lines only. Records are gathered;
// every other message is written at once, with all before it. Its methods may
// be called by several goroutines.
//
// Once the program is told to end, Record and Lines return ErrTerminated, so
// that a read stops; what else there is to say is still written.
type Emitter struct {
	mu         sync.Mutex
	w          io.Writer
	buf        []byte
	err        error
	terminated atomic.Bool
}

// NewEmitter returns an Emitter on w.
func NewEmitter(w io.Writer) *Emitter {
	return &Emitter{w: w, buf: make([]byte, 0, 2*flushSize)}
}

// Record emits one row. data is the row as JSON on one line; it is not checked.
func (e *Emitter) Record(r RecordTemplate, data []byte) error {
	if e.terminated.Load() {
		return ErrTerminated
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.buf = r.Append(e.buf, data)
	if len(e.buf) < flushSize {
		return e.err
	}
	return e.flush()
}

// Lines emits lines that the caller made: whole ones, each with its newline.
// Large blocks are written without a copy.
func (e *Emitter) Lines(block []byte) error {
	if e.terminated.Load() {
		return ErrTerminated
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.buf)+len(block) < flushSize {
		e.buf = append(e.buf, block...)
		return e.err
	}
	if err := e.flush(); err != nil {
		return err
	}
	return e.write(block)
}

// Message emits m. All but a RECORD are written at once.
func (e *Emitter) Message(m *airbyte.Message) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	buf, err := airbyte.AppendLine(e.buf, m)
	if err != nil {
		return err
	}
	e.buf = buf
	if m.Type == airbyte.Record && len(e.buf) < flushSize {
		return e.err
	}
	return e.flush()
}

// StateLine returns a state to its sender: line is the STATE message as it was
// read, with or without its newline.
func (e *Emitter) StateLine(line []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.buf = append(append(e.buf, bytes.TrimRight(line, "\r\n")...), '\n')
	return e.flush()
}

// Flush writes what was gathered. Sources call it before they wait.
func (e *Emitter) Flush() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.flush()
}

func (e *Emitter) flush() error {
	if len(e.buf) == 0 {
		return e.err
	}
	err := e.write(e.buf)
	e.buf = e.buf[:0]
	if cap(e.buf) > 16*flushSize {
		e.buf = make([]byte, 0, 2*flushSize)
	}
	return err
}

// write keeps the first error: after it nothing more is written, since a line
// may be cut.
func (e *Emitter) write(p []byte) error {
	if e.err == nil && len(p) > 0 {
		_, e.err = e.w.Write(p)
	}
	return e.err
}

func (e *Emitter) terminate() { e.terminated.Store(true) }
