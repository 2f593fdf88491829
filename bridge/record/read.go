package record

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
)

// readSize is how much is read at once, and kept.
const readSize = 8 * (headerSize + maxPlain + overhead)

// mostUseless is how many records without a payload may come in a row, as in
// crypto/tls.
const mostUseless = 16

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

// failed keeps what ends reading for good, and tells the peer of its breach.
func (c *Conn) failed(err error) error {
	var b *breach
	if errors.As(err, &b) {
		c.in.err = err
		c.accuse(b.alert)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, ErrKeyUsed) {
		c.in.err = err
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

// open opens a record: into p if it fits, and tells how much of p is filled; else
// where it is.
func (r *reading) open(sealed, p []byte) (int, error) {
	if err := r.next(); err != nil {
		return 0, err
	}
	n := len(sealed) - overhead
	into := sealed[:n]
	if n <= len(p) {
		into = p[:n]
	}
	last, err := r.aead.Open(into, &r.nonce, sealed, r.header[:])
	if err != nil {
		return 0, breached(badRecordMAC, "%w", errForged)
	}
	payload, what := unpad(into, last)
	if err := r.judge(what, payload); err != nil || what != application {
		return 0, err
	}
	if n <= len(p) {
		return len(payload), nil
	}
	r.rest = payload
	return 0, nil
}

// unpad finds what a record holds: the last byte that is not zero, section 5.4.
func unpad(b []byte, last byte) ([]byte, content) {
	for last == 0 && len(b) > 0 {
		b, last = b[:len(b)-1], b[len(b)-1]
	}
	return b, content(last)
}

// judge decides about a record that is what it was when it was sent.
func (r *reading) judge(what content, payload []byte) error {
	if what == application && len(payload) > 0 {
		r.useless = 0
		return nil
	}
	if r.useless++; r.useless > mostUseless {
		return breached(unexpectedMessage, "%d records in a row without a payload", r.useless)
	}
	switch {
	case what == application:
		return nil
	case what != alert:
		return breached(unexpectedMessage, "a record that holds a message of kind %d after the handshake", what)
	case len(payload) != 2:
		return breached(decodeError, "an alert of %d bytes", len(payload))
	}
	switch a := tls.AlertError(payload[1]); a {
	case closeNotify:
		return io.EOF
	case userCanceled: // a close_notify follows
		return nil
	default:
		return fmt.Errorf("the other end says: %w", a)
	}
}
