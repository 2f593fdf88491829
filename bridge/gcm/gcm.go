// Package gcm is AES-128-GCM (NIST SP 800-38D, RFC 5288, RFC 5116) in the shape
// of TLS 1.3 records: the plaintext is a payload and one byte behind it, the type
// of the record (RFC 8446 section 5.2). It needs an amd64 processor with vector
// AES and carry-less multiplication of 512 bits, where it is more than twice as
// quick as crypto/cipher. Everywhere else New refuses and crypto/cipher is the
// way. A call is one stretch of assembly that the scheduler cannot interrupt: it is
// for records, not for gigabytes.
package gcm

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"unsafe"
)

const (
	// KeySize is the length of a key in bytes.
	KeySize = 16
	// TagSize is the length in bytes of what proves a message, at its end.
	TagSize = 16
	// Overhead is by how many bytes a sealed message is longer than its payload.
	Overhead = TagSize + 1
	// maxPlain is what one nonce can encrypt, tail included: the counter has 32
	// bits, and the blocks 0 and 1 are taken (SP 800-38D section 5.2.1.1).
	maxPlain = 1<<36 - 32
)

// ErrForged says that a message is not what somebody with the key sealed for this
// nonce and this additional data.
var ErrForged = errors.New("message authentication failed")

// ErrUnavailable says that this processor lacks what the package is made of.
var ErrUnavailable = errors.New("the processor has no AVX-512 with VAES and VPCLMULQDQ")

// New makes an AEAD of a key of 16 bytes; only where Available. The AEAD may be
// used by many goroutines at a time.
func New(key []byte) (*AEAD, error) {
	if !Available() {
		return nil, ErrUnavailable
	}
	if len(key) != KeySize {
		return nil, fmt.Errorf("a key of AES-128 has %d bytes, not %d", KeySize, len(key))
	}
	a := new(AEAD)
	expand(a, (*[KeySize]byte)(key))
	return a, nil
}

// Seal writes the encryption of payload and, behind it, tail to dst, and the tag
// behind that: dst is Overhead bytes longer than payload. The two do not overlap,
// or begin at the same byte. A nonce is for one message of a key: with a second
// one, both are readable and all others can be forged.
func (a *AEAD) Seal(dst []byte, nonce *[12]byte, payload []byte, tail byte, ad []byte) {
	switch {
	case len(dst) != len(payload)+Overhead:
		panic(fmt.Sprintf("gcm: Seal of %d bytes into %d", len(payload), len(dst)))
	case uint64(len(payload)) >= maxPlain:
		panic("gcm: message too long for one nonce")
	case overlapBadly(dst, payload):
		panic("gcm: Seal into a part of its payload")
	}
	seal(a, nonce, dst, payload, tail, ad)
}

// Open checks and decrypts sealed: the payload to dst, which is Overhead bytes
// shorter, and the byte behind it as its result. The two do not overlap, or begin
// at the same byte. If the message is not genuine the error is ErrForged, and dst
// holds zeros.
func (a *AEAD) Open(dst []byte, nonce *[12]byte, sealed, ad []byte) (tail byte, err error) {
	switch {
	case len(dst) != len(sealed)-Overhead:
		panic(fmt.Sprintf("gcm: Open of %d bytes into %d", len(sealed), len(dst)))
	case uint64(len(dst)) >= maxPlain:
		panic("gcm: message too long for one nonce")
	case overlapBadly(dst, sealed):
		panic("gcm: Open into a part of its message")
	}
	var tag [TagSize]byte
	tail = open(a, nonce, dst, sealed, ad, &tag)
	if subtle.ConstantTimeCompare(tag[:], sealed[len(sealed)-TagSize:]) != 1 {
		clear(dst)
		return 0, ErrForged
	}
	return tail, nil
}

// overlapBadly tells whether the two share memory without beginning together:
// what is written for one byte would then be read for another.
func overlapBadly(x, y []byte) bool {
	if len(x) == 0 || len(y) == 0 || &x[0] == &y[0] {
		return false
	}
	p, q := uintptr(unsafe.Pointer(&x[0])), uintptr(unsafe.Pointer(&y[0]))
	return p < q+uintptr(len(y)) && q < p+uintptr(len(x))
}
