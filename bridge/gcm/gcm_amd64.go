//go:build amd64 && !purego

package gcm

import "golang.org/x/sys/cpu"

// Available tells whether this processor has what New needs, and whether the
// operating system keeps its registers.
func Available() bool { return available }

var available = cpu.X86.HasAES && cpu.X86.HasBMI2 &&
	cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL && cpu.X86.HasAVX512DQ &&
	cpu.X86.HasAVX512VAES && cpu.X86.HasAVX512VPCLMULQDQ

// AEAD seals and opens with one key, and is made by New.
type AEAD struct {
	// powers are H^81 to H^1, in the form that ghash_amd64.h explains, and zeros.
	// A sum of n blocks begins where H^n stands. Blocks are taken by four; those
	// that the last four lack are zero, and multiplied by what comes behind H^1.
	powers [81 + 3][16]byte //nolint:unused // the assembly reads and writes it
	// rounds are the round keys.
	rounds [11][16]byte //nolint:unused // so it does here
}

// expand fills a from the key.
//
//go:noescape
func expand(a *AEAD, key *[16]byte)

// seal is Seal without the checks.
//
//go:noescape
func seal(a *AEAD, nonce *[12]byte, dst, payload []byte, tail byte, ad []byte)

// open decrypts sealed, but for its tag, and writes to tag what that should be.
//
//go:noescape
func open(a *AEAD, nonce *[12]byte, dst, sealed, ad []byte, tag *[16]byte) (tail byte)
