package connectortest

import (
	"encoding/binary"
	"io"
	"math/rand/v2"
)

// block is the part of a Pattern that is alike everywhere but for the offset
// in its first eight bytes.
const block = 4 << 10

var filler = func() (f [block]byte) {
	rng := rand.NewPCG(1, 2)
	for i := 0; i < block; i += 8 {
		binary.BigEndian.PutUint64(f[i:], rng.Uint64())
	}
	return f
}()

// Pattern is n bytes (a multiple of 4096) of which anything lost, doubled or
// moved shows: noise with the offset every 4096 bytes.
func Pattern(n int64) io.Reader { return &pattern{size: n} }

type pattern struct{ at, size int64 }

func (p *pattern) Read(buf []byte) (int, error) {
	n := 0
	for p.at < p.size && len(buf)-n >= block {
		copy(buf[n:], filler[:])
		binary.BigEndian.PutUint64(buf[n:], uint64(p.at))
		p.at, n = p.at+block, n+block
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}
