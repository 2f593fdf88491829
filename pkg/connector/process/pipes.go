package process

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// pipeSize is the capacity asked for each pipe, in bytes: what an unprivileged
// user may have on Linux by default (fs.pipe-max-size). A bigger pipe means
// fewer switches between connector and engine.
const pipeSize = 1 << 20

// pipes are the standard streams of a command: both ends of three pipes, closed
// on exec.
type pipes struct {
	stdin, stdout, stderr struct{ read, write *os.File }
}

// newPipes makes three pipes of pipeSize or, where the user has used up what he
// may have of that, smaller.
func newPipes() (*pipes, error) {
	p := &pipes{}
	for _, pipe := range []*struct{ read, write *os.File }{&p.stdin, &p.stdout, &p.stderr} {
		read, write, err := os.Pipe()
		if err == nil {
			pipe.read, pipe.write = read, write
			err = grow(read, setPipeSize)
		}
		if err != nil {
			p.closeAll()
			return nil, fmt.Errorf("making a pipe to the connector: %w", err)
		}
	}
	return p, nil
}

// grow gives a pipe the largest capacity up to pipeSize that it may have.
func grow(f *os.File, setSize func(fd uintptr, size int) error) error {
	var err error
	fail := onDescriptor(f, func(fd uintptr) {
		for size := pipeSize; size >= unix.Getpagesize(); size /= 2 {
			if err = setSize(fd, size); !errors.Is(err, unix.EPERM) {
				return
			}
		}
		err = nil // not even a page more: it stays as it is
	})
	return errors.Join(fail, err)
}

// onDescriptor calls do with f's descriptor without changing its mode.
func onDescriptor(f *os.File, do func(fd uintptr)) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Control(do)
}

// closeChild closes the ends that the child has now.
func (p *pipes) closeChild() {
	closeFiles(p.stdin.read, p.stdout.write, p.stderr.write)
}

// closeAll closes every end.
func (p *pipes) closeAll() {
	closeFiles(p.stdin.read, p.stdout.write, p.stderr.write, p.stdin.write, p.stdout.read, p.stderr.read)
}

// closeFiles closes ends of pipes. Closing one that was closed before is no
// trouble, and nothing is buffered that could be lost.
func closeFiles(files ...*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close()
		}
	}
}
