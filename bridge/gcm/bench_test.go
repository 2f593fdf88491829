package gcm

import (
	"fmt"
	"testing"
)

// Both are what a connection calls: records in place where it may, a header of 5
// bytes as additional data, no allocation.

func BenchmarkSeal(b *testing.B) {
	if refused(b) {
		return
	}
	p, ad := newPair(b, make([]byte, KeySize)), make([]byte, 5)
	for _, n := range []int{1 << 10, 16 << 10} {
		var nonce [12]byte
		plain, dst := make([]byte, n+1), make([]byte, n+Overhead)
		b.Run(fmt.Sprintf("%d/own", n), func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				p.own.Seal(dst, &nonce, plain[:n], 23, ad)
			}
		})
		b.Run(fmt.Sprintf("%d/standard", n), func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				p.standard.Seal(dst[:0], nonce[:], plain, ad)
			}
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	if refused(b) {
		return
	}
	p, ad := newPair(b, make([]byte, KeySize)), make([]byte, 5)
	for _, n := range []int{1 << 10, 16 << 10} {
		var nonce [12]byte
		sealed, dst := make([]byte, n+Overhead), make([]byte, n+1)
		p.own.Seal(sealed, &nonce, make([]byte, n), 23, ad)
		b.Run(fmt.Sprintf("%d/own", n), func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				if _, err := p.own.Open(dst[:n], &nonce, sealed, ad); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("%d/standard", n), func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				if _, err := p.standard.Open(dst[:0], nonce[:], sealed, ad); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
