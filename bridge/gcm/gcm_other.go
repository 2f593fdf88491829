//go:build !amd64 || purego

package gcm

// Available tells whether this processor has what New needs.
func Available() bool { return false }

// AEAD seals and opens with one key, and is made by New. Here there is none.
type AEAD struct{}

func expand(*AEAD, *[16]byte) { unavailable() }

func seal(*AEAD, *[12]byte, []byte, []byte, byte, []byte) { unavailable() }

func open(*AEAD, *[12]byte, []byte, []byte, []byte, *[16]byte) byte {
	unavailable()
	return 0
}

// unavailable ends who has not asked New. The condition, though it always holds,
// keeps staticcheck from taking all that comes after a Seal for dead.
func unavailable() {
	if !Available() {
		panic(ErrUnavailable)
	}
}
