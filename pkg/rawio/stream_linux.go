package rawio

import (
	"io"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// stream makes a descriptor's calls. The functions that make them are made once, so
// that none of them costs memory.
type stream struct {
	raw              syscall.RawConn
	in, out          call
	reading, writing func(fd uintptr) bool
}

// call is what one call is asked and answers.
type call struct {
	p     []byte
	n     int
	errno syscall.Errno
}

func over(c any) (*stream, bool) {
	known, ok := c.(syscall.Conn)
	if !ok {
		return nil, false
	}
	raw, err := known.SyscallConn()
	if err != nil || blocks(raw) {
		return nil, false
	}
	s := &stream{raw: raw}
	s.reading, s.writing = s.in.read, s.out.write
	return s, true
}

// blocks tells whether calls wait in the kernel, which only the scheduler's own may.
func blocks(raw syscall.RawConn) bool {
	flags, err := 0, error(nil)
	failed := raw.Control(func(fd uintptr) { flags, err = unix.FcntlInt(fd, unix.F_GETFL, 0) })
	return failed != nil || err != nil || flags&unix.O_NONBLOCK == 0
}

// Read reads once, when there is something to read.
func (s *stream) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	s.in = call{p: p}
	err := s.raw.Read(s.reading)
	s.in.p = nil // the caller's alone again
	switch {
	case err != nil:
		return 0, err
	case s.in.errno != 0:
		return 0, os.NewSyscallError("read", s.in.errno)
	case s.in.n == 0:
		return 0, io.EOF
	}
	return s.in.n, nil
}

// Write writes all of p.
func (s *stream) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	s.out = call{p: p}
	err := s.raw.Write(s.writing)
	s.out.p = nil
	if err == nil && s.out.errno != 0 {
		err = os.NewSyscallError("write", s.out.errno)
	}
	return s.out.n, err
}

// read is not done while there is nothing to read.
func (c *call) read(fd uintptr) (done bool) {
	for {
		n, errno := read(fd, c.p)
		switch errno {
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return false
		case 0:
			c.n = n
		}
		c.errno = errno
		return true
	}
}

// write is not done before all is written.
func (c *call) write(fd uintptr) (done bool) {
	for c.n < len(c.p) {
		n, errno := write(fd, c.p[c.n:])
		switch errno {
		case 0:
			c.n += n
		case syscall.EINTR:
		case syscall.EAGAIN:
			return false
		default:
			c.errno = errno
			return true
		}
	}
	return true
}
