package connectortest

import (
	"encoding/binary"
	"io"
)

// Pattern is n bytes (a multiple of 8) that are different in every place: the
// offset of each eight bytes, so that anything lost, doubled or moved shows.
func Pattern(n int64) io.Reader { return &pattern{size: n} }

type pattern struct{ at, size int64 }

func (p *pattern) Read(buf []byte) (int, error) {
	n := 0
	for ; len(buf)-n >= 8 && p.at < p.size; p.at, n = p.at+8, n+8 {
		binary.BigEndian.PutUint64(buf[n:], uint64(p.at))
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}
