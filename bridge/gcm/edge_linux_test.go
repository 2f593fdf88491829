package gcm

import (
	"bytes"
	"os"
	"syscall"
	"testing"
)

// edges gives a page with nothing before and behind it: to touch a byte there ends
// the process, whether it is read or written.
func edges(t *testing.T) []byte {
	t.Helper()
	size := os.Getpagesize()
	mem, err := syscall.Mmap(-1, 0, 3*size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(mem) })
	for _, edge := range [][]byte{mem[:size], mem[2*size:]} {
		if err := syscall.Mprotect(edge, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	return mem[size : 2*size]
}

func TestNothingBesideTheSlicesIsTouched(t *testing.T) {
	if refused(t) {
		return
	}
	c := seeded(t)
	p := newPair(t, c.bytes(KeySize))
	in, out, beside := edges(t), edges(t), edges(t)
	for n := range 600 {
		m := c.message(n, n%70)
		want := p.standard.Seal(nil, m.nonce[:], append(bytes.Clone(m.payload), m.tail), m.ad)
		for _, end := range []bool{false, true} {
			payload, dst, ad := cut(in, n, end), cut(out, n+Overhead, end), cut(beside, len(m.ad), end)
			copy(payload, m.payload)
			copy(ad, m.ad)
			p.own.Seal(dst, &m.nonce, payload, m.tail, ad)
			if !bytes.Equal(dst, want) {
				t.Fatalf("%v: sealed otherwise", m)
			}
			clear(payload)
			if _, err := p.own.Open(payload, &m.nonce, dst, ad); err != nil || !bytes.Equal(payload, m.payload) {
				t.Fatalf("%v: opened otherwise: %v", m, err)
			}
		}
	}
}

// cut gives the first n bytes of b, or the last.
func cut(b []byte, n int, end bool) []byte {
	if end {
		return b[len(b)-n:]
	}
	return b[:n]
}
