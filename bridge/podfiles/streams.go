package podfiles

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// PipeSize is the capacity asked for each FIFO, in bytes: what an unprivileged
// user may have on Linux by default (fs.pipe-max-size). A bigger one means fewer
// switches between connector and sidecar.
const PipeSize = 1 << 20

// Streams are the sidecar's ends of the connector's standard streams. They do
// not block a thread, and deadlines work on them.
type Streams struct {
	Stdin          *os.File // to write
	Stdout, Stderr *os.File // to read
	kept           []*os.File
}

// OpenStreams opens the sidecar's ends. No connector is needed for that: until
// LetGo the FIFOs are also kept open at their other ends, so that nothing ends
// before it has begun.
func (d Dir) OpenStreams() (*Streams, error) {
	s := &Streams{}
	var failed error
	open := func(path string, flag int) *os.File {
		f, err := os.OpenFile(path, flag|unix.O_NONBLOCK, 0)
		failed = errors.Join(failed, err)
		return f
	}
	for _, path := range []string{d.Stdin(), d.Stdout(), d.Stderr()} {
		s.kept = append(s.kept, open(path, os.O_RDWR))
	}
	s.Stdin = open(d.Stdin(), os.O_WRONLY)
	s.Stdout, s.Stderr = open(d.Stdout(), os.O_RDONLY), open(d.Stderr(), os.O_RDONLY)
	if failed != nil {
		s.Close()
		return nil, fmt.Errorf("opening the connector's streams: %w", failed)
	}
	return s, nil
}

// LetGo leaves the other ends to the connector alone: from now on Stdout and
// Stderr end when it (or, had it never started, nobody) has them open, writing
// to Stdin fails when nobody reads it, and a Stdin that was closed before ends
// now. Call it once the launcher has rung Started or Exited, or is gone.
func (s *Streams) LetGo() {
	closeAll(s.kept...)
	s.kept = nil
}

// Close closes everything. Each end may also be closed on its own.
func (s *Streams) Close() {
	s.LetGo()
	closeAll(s.Stdin, s.Stdout, s.Stderr)
}

// closeAll closes ends of FIFOs: nothing is buffered that could be lost, and one
// that was closed before is no trouble.
func closeAll(files ...*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close()
		}
	}
}
