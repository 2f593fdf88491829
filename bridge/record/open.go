package record

import (
	"crypto/tls"
	"fmt"
	"io"
)

// mostUseless is how many records without a payload may come in a row, as in
// crypto/tls.
const mostUseless = 16

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
