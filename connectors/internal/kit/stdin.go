package kit

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// stoppable is a file whose reads end when the program is told to end. A read
// of a pipe would wait on for input that may never come, and a destination
// could not return from Write.
type stoppable struct {
	file *os.File
	// wake becomes readable, by being closed at its other end.
	wake *os.File
}

// stoppableStdin wraps in if it is a file. closing end wakes its readers.
func stoppableStdin(in io.Reader) (reader io.Reader, end io.Closer, err error) {
	file, ok := in.(*os.File)
	if !ok {
		return in, io.NopCloser(nil), nil
	}
	wake, end, err := os.Pipe()
	if err != nil {
		return nil, nil, SystemError("preparing to read stdin: %w", err)
	}
	return &stoppable{file: file, wake: wake}, end, nil
}

func (s *stoppable) Read(p []byte) (int, error) {
	fds := []unix.PollFd{
		{Fd: int32(s.file.Fd()), Events: unix.POLLIN},
		{Fd: int32(s.wake.Fd()), Events: unix.POLLIN},
	}
	_, err := unix.Poll(fds, -1)
	for errors.Is(err, unix.EINTR) {
		_, err = unix.Poll(fds, -1)
	}
	switch {
	case err != nil:
		return 0, SystemError("waiting for stdin: %w", err)
	case fds[1].Revents != 0:
		return 0, ErrTerminated
	}
	return s.file.Read(p)
}
