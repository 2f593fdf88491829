package wire

import (
	"encoding/hex"
	"hash"

	"github.com/cespare/xxhash/v2"
)

// Sum is the running hash over stdin that a bridge tells in ATTACHED: XXH64 with
// the seed 0. It is there for mixed bytes, which no one makes on purpose: both
// ends have proved who they are, and a source that found two texts of one hash
// would only mix its own. Every byte to a destination passes through it, so it
// must cost little beside the encryption; SHA-256 took several times as long as that, even
// where the processor has instructions for it.
type Sum struct{ hash.Hash }

// NewSum begins a hash.
func NewSum() Sum { return Sum{xxhash.New()} }

// Text is the hash of what was written so far, as ATTACHED has it.
func (s Sum) Text() string { return hex.EncodeToString(s.Sum(nil)) }

// SumOf is the hash of p.
func SumOf(p []byte) string {
	s := NewSum()
	_, _ = s.Write(p) // a hash never fails
	return s.Text()
}
