package record

import (
	"crypto/aes"
	"crypto/cipher"

	"golang.org/x/crypto/chacha20poly1305"

	"knelt.dev/bridge/gcm"
)

// aead seals what a record holds: a payload, and behind it a byte that tells its
// kind, so that neither end must move the payload to make them one.
type aead interface {
	// Seal writes payload and last, sealed, and the tag to dst, which begins with
	// len(payload)+overhead bytes for them.
	Seal(dst []byte, nonce *[12]byte, payload []byte, last byte, header []byte)
	// Open is the reverse, for dst with room for the payload alone; dst may be the
	// beginning of sealed, whose contents are lost in any case.
	Open(dst []byte, nonce *[12]byte, sealed, header []byte) (last byte, err error)
}

// standard is an AEAD of the standard library, which needs both in one piece.
type standard struct{ cipher.AEAD }

func (s standard) Seal(dst []byte, nonce *[12]byte, payload []byte, last byte, header []byte) {
	n := copy(dst, payload)
	dst[n] = last
	s.AEAD.Seal(dst[:0], nonce[:], dst[:n+1], header)
}

func (s standard) Open(dst []byte, nonce *[12]byte, sealed, header []byte) (byte, error) {
	plain, err := s.AEAD.Open(sealed[:0], nonce[:], sealed, header)
	if err != nil {
		return 0, err
	}
	if &sealed[0] != &plain[0] || len(dst) == 0 || &dst[0] != &plain[0] {
		copy(dst, plain)
	}
	return plain[len(plain)-1], nil
}

// newAES takes the quicker one of two, where the processor can do it.
func newAES(key []byte) (aead, error) {
	if len(key) == gcm.KeySize && gcm.Available() {
		return gcm.New(key)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	c, err := cipher.NewGCM(block)
	return standard{c}, err
}

func newChaCha(key []byte) (aead, error) {
	c, err := chacha20poly1305.New(key)
	return standard{c}, err
}
