package record

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// readSize is how much is read at once, and kept.
const readSize = 8 * (headerSize + maxPlain + overhead)

// reading opens records.
type reading struct {
	half
	buf        []byte
	start, end int    // what has come and is not opened
	rest       []byte // what was opened in buf and is not returned
	useless    int
	err        error // sticky
}

// Read gives the payload of a record, or the rest of it: opened in p, if it has
// room for all. Errors: io.EOF after the peer's CloseWrite, or its end between two
// records; io.ErrUnexpectedEOF within one; what the peer's alert or a record's
// breach of the rules is; or the connection's.
func (c *Conn) Read(p []byte) (int, error) {
	for len(c.in.rest) == 0 {
		if c.in.err != nil || len(p) == 0 {
			return 0, c.in.err
		}
		sealed, err := c.record()
		if err != nil {
			return 0, c.failed(err)
		}
		n, err := c.in.open(sealed, p)
		switch {
		case err != nil:
			return 0, c.failed(err)
		case n > 0:
			return n, nil
		}
	}
	n := copy(p, c.in.rest)
	c.in.rest = c.in.rest[n:]
	return n, nil
}

// failed keeps why reading has ended, which all but a deadline does, and tells the
// peer of its breach.
func (c *Conn) failed(err error) error {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		c.in.err = err
	}
	var b *breach
	if errors.As(err, &b) {
		c.accuse(b.alert)
	}
	return err
}

// record gives what stands behind the next header.
func (c *Conn) record() ([]byte, error) {
	in := &c.in
	if err := c.fill(headerSize); err != nil {
		return nil, err
	}
	in.header = [headerSize]byte(in.buf[in.start:])
	n := int(in.header[3])<<8 | int(in.header[4])
	switch {
	case content(in.header[0]) != application:
		return nil, breached(unexpectedMessage, "a record of kind %d after the handshake", in.header[0])
	case n > maxSealed:
		return nil, breached(recordOverflow, "a record of %d bytes; at most %d are allowed", n, maxSealed)
	case n < overhead:
		return nil, breached(decodeError, "a record of %d bytes is too short", n)
	}
	if err := c.fill(headerSize + n); err != nil {
		return nil, err
	}
	sealed := in.buf[in.start+headerSize:][:n]
	in.start += headerSize + n
	return sealed, nil
}

// fill reads until n bytes are there.
func (c *Conn) fill(n int) error {
	in := &c.in
	if in.buf == nil {
		in.buf = make([]byte, readSize)
	}
	if in.start == in.end {
		in.start, in.end = 0, 0
	}
	if in.start+n > len(in.buf) {
		in.end = copy(in.buf, in.buf[in.start:in.end])
		in.start = 0
	}
	for in.end-in.start < n {
		got, err := c.raw.Read(in.buf[in.end:])
		in.end += got
		switch {
		case errors.Is(err, io.EOF) && in.end > in.start && in.end-in.start < n:
			return fmt.Errorf("the connection ended within a record: %w", io.ErrUnexpectedEOF)
		case err != nil && in.end-in.start < n:
			return err
		}
	}
	return nil
}
