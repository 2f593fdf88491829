package record

import (
	"net"
	"time"
)

// Conn is a connection whose handshake is made. One goroutine may read and
// another one write.
type Conn struct {
	raw net.Conn
	in  reading
	out writing
}

// SetReadDeadline bounds Read, and does not end the connection.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.raw.SetReadDeadline(t) }

const (
	// maxPlain is the most that a record holds, RFC 8446, section 5.1.
	maxPlain = 1 << 14
	// headerSize is that of a record, which tells its kind, a version that means
	// nothing, and its length.
	headerSize = 5
	// overhead is what sealing adds to a payload behind the header: the byte that
	// tells what it is, and the tag.
	overhead = 1 + 16
	// maxSealed is the most behind a header: section 5.2 allows for 255 bytes of
	// padding and more.
	maxSealed = maxPlain + 256
	// mostRecords are sealed by one key. Section 5.5 allows for 2^24.5 with AES-GCM.
	mostRecords = 1 << 24
)

// content is what a record holds.
type content byte

const (
	alert       content = 21
	application content = 23
)

// half is one direction's key and the number of its next record.
type half struct {
	aead  aead
	iv    [12]byte
	count uint64
	// nonce and header are here for they are handed to the cipher by reference.
	nonce  [12]byte
	header [headerSize]byte
}

// next makes the nonce of the next record, as section 5.3 has it.
func (h *half) next() error {
	if h.count == mostRecords {
		return ErrKeyUsed
	}
	h.nonce = h.iv
	for i := range 8 {
		h.nonce[11-i] ^= byte(h.count >> (8 * i))
	}
	h.count++
	return nil
}

// announce makes the header of a record that has n bytes behind it.
func (h *half) announce(n int) {
	h.header = [headerSize]byte{byte(application), 3, 3, byte(n >> 8), byte(n)}
}
