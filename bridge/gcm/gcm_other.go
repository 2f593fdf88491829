//go:build !amd64 || purego

package gcm

// Available tells whether this processor has what New needs.
func Available() bool { return false }

// AEAD seals and opens with one key. Here there is none.
type AEAD struct{}

func expand(*AEAD, *[16]byte) { panic(ErrUnavailable) }

func seal(*AEAD, *[12]byte, []byte, []byte, byte, []byte) { panic(ErrUnavailable) }

func open(*AEAD, *[12]byte, []byte, []byte, []byte, *[16]byte) byte { panic(ErrUnavailable) }
