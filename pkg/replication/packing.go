package replication

import (
	"encoding/binary"
	"errors"
)

// packer writes numbers and bytes one behind the other.
type packer struct{ b []byte }

func (p *packer) number(n int64) { p.b = binary.AppendVarint(p.b, n) }

func (p *packer) bytes(b []byte) {
	p.number(int64(len(b)))
	p.b = append(p.b, b...)
}

func (p *packer) text(s string) {
	p.number(int64(len(s)))
	p.b = append(p.b, s...)
}

func (p *packer) flag(f bool) {
	if f {
		p.b = append(p.b, 1)
	} else {
		p.b = append(p.b, 0)
	}
}

// maybe writes a count that nobody may have given.
func (p *packer) maybe(n *int64) {
	p.flag(n != nil)
	if n != nil {
		p.number(*n)
	}
}

func (p *packer) word(w uint64) { p.b = binary.BigEndian.AppendUint64(p.b, w) }

// errPacked tells that a snapshot is not what a packer wrote.
var errPacked = errors.New("it is cut off or damaged")

// unpacker reads what a packer wrote. After an error it gives zeros.
type unpacker struct {
	b   []byte
	err error
}

func (u *unpacker) number() int64 {
	n, size := binary.Varint(u.b)
	if size <= 0 {
		u.fail()
		return 0
	}
	u.b = u.b[size:]
	return n
}

// size is a number of things of at least that many bytes each, all of them
// still to come.
func (u *unpacker) size(each int) int {
	n := u.number()
	if n < 0 || n > int64(len(u.b)/each) {
		u.fail()
		return 0
	}
	return int(n)
}

// bytes gives a part of the snapshot itself.
func (u *unpacker) bytes() []byte { return u.take(u.size(1)) }

func (u *unpacker) take(n int) []byte {
	if n > len(u.b) {
		u.fail()
		return nil
	}
	b := u.b[:n:n]
	u.b = u.b[n:]
	return b
}

func (u *unpacker) flag() bool {
	b := u.take(1)
	return len(b) == 1 && b[0] == 1
}

func (u *unpacker) maybe() *int64 {
	if !u.flag() {
		return nil
	}
	n := u.number()
	return &n
}

func (u *unpacker) word() uint64 {
	b := u.take(8)
	if b == nil {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

func (u *unpacker) fail() { u.b, u.err = nil, errPacked }
