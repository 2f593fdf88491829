package process

import (
	"errors"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"knelt.dev/pkg/rawio"
)

// inlet is the engine's end of a command's standard input.
type inlet struct {
	file *rawio.File
	// closed tells that the user of the run closed it, so that writing to it
	// is his own mistake.
	closed atomic.Bool
}

// Write writes to the command. Once nothing reads any more it fails with
// syscall.EPIPE, also when it was waiting for room. A write that waits is
// ended by Close, too, with os.ErrClosed.
func (in *inlet) Write(p []byte) (int, error) {
	n, err := in.file.Write(p)
	if errors.Is(err, os.ErrClosed) && !in.closed.Load() {
		err = syscall.EPIPE
	}
	return n, err
}

// SetWriteDeadline bounds writes as with *os.File.
func (in *inlet) SetWriteDeadline(t time.Time) error { return in.file.SetWriteDeadline(t) }

// Close gives the command the end of file. It may be called again.
func (in *inlet) Close() error {
	if in.closed.Swap(true) {
		return nil
	}
	if err := in.file.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}

// hangUp closes it because the command has ended: a child left behind may hold
// the other end and would let a writer wait for ever.
func (in *inlet) hangUp() { closeFiles(in.file.File) }
