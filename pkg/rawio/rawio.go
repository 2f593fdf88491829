package rawio

import (
	"net"
	"os"
)

// Conn gives a connection that reads and writes c in this way. Where that cannot be
// done, since c is no descriptor or one that blocks, it is c. One goroutine may read and one write.
func Conn(c net.Conn) net.Conn {
	s, ok := over(c)
	if !ok {
		return c
	}
	return &conn{c, s}
}

type conn struct {
	net.Conn
	s *stream
}

func (c *conn) Read(p []byte) (int, error)  { return c.s.Read(p) }
func (c *conn) Write(p []byte) (int, error) { return c.s.Write(p) }

// File is a file that reads and writes in this way. One goroutine may read and one
// write.
type File struct {
	*os.File
	s *stream
}

// Of gives a File of f. Where f blocks, as files do that were opened so, it is read
// and written as ever.
func Of(f *os.File) *File {
	s, _ := over(f)
	return &File{f, s}
}

// Read is os.File's.
func (f *File) Read(p []byte) (int, error) {
	if f.s == nil {
		return f.File.Read(p)
	}
	n, err := f.s.Read(p)
	if err == nil {
		return n, nil
	}
	return n, asFile(err, f.File.Read)
}

// Write is os.File's.
func (f *File) Write(p []byte) (int, error) {
	if f.s == nil {
		return f.File.Write(p)
	}
	n, err := f.s.Write(p)
	if err == nil {
		return n, nil
	}
	return n, asFile(err, f.File.Write)
}

// asFile gives os.ErrClosed for a file that was closed, which a raw call does not
// know by that name.
func asFile(err error, again func([]byte) (int, error)) error {
	if _, closed := again(nil); closed != nil {
		return closed
	}
	return err
}
