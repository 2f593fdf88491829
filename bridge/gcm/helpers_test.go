package gcm

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
)

// pair is one key in both implementations.
type pair struct {
	own      *AEAD
	standard cipher.AEAD
}

func newPair(t testing.TB, key []byte) pair {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	standard, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	own, err := New(key)
	if err != nil {
		t.Fatal(err)
	}
	return pair{own, standard}
}

// refused asserts what there is to assert where the processor cannot do it, and
// tells whether that is so.
func refused(t testing.TB) bool {
	t.Helper()
	if Available() {
		return false
	}
	if a, err := New(make([]byte, KeySize)); a != nil || !errors.Is(err, ErrUnavailable) {
		t.Fatalf("New gave %v, %v on a processor that cannot do it", a, err)
	}
	return true
}

// seeded gives chance that can be had again, and says how.
func seeded(t testing.TB) *chance {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return &chance{rand.New(rand.NewPCG(seed, seed))}
}

type chance struct{ *rand.Rand }

func (c *chance) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(c.Uint32())
	}
	return b
}

const guard = 64

// guarded is n bytes, off any alignment, between bytes that must stay.
type guarded struct {
	whole, inner []byte
	from         int
}

func newGuarded(n, shift int) guarded {
	whole := bytes.Repeat([]byte{0xa5}, guard+shift+n+guard)
	from := guard + shift
	return guarded{whole, whole[from : from+n : from+n], from}
}

func (g guarded) check(t testing.TB, what string) {
	t.Helper()
	for i, b := range g.whole {
		if b != 0xa5 && (i < g.from || i >= g.from+len(g.inner)) {
			t.Fatalf("%s wrote beyond dst", what)
		}
	}
}

// message is one case: what goes in, and where memory begins.
type message struct {
	nonce   [12]byte
	payload []byte
	tail    byte
	ad      []byte
	shift   int
	inPlace bool
}

func (m message) String() string {
	return fmt.Sprintf("payload of %d, ad of %d, shift %d, in place %v", len(m.payload), len(m.ad), m.shift, m.inPlace)
}

// agree seals and opens m with both and wants the same.
func agree(t testing.TB, p pair, m message) {
	t.Helper()
	plain := append(bytes.Clone(m.payload), m.tail)
	want := p.standard.Seal(nil, m.nonce[:], plain, m.ad)

	dst := newGuarded(len(m.payload)+Overhead, m.shift)
	payload := bytes.Clone(m.payload)
	if m.inPlace {
		payload = dst.inner[:len(payload)]
		copy(payload, m.payload)
	}
	p.own.Seal(dst.inner, &m.nonce, payload, m.tail, m.ad)
	dst.check(t, "Seal")
	if !bytes.Equal(dst.inner, want) {
		t.Fatalf("%v: sealed otherwise than the standard library: first at %d", m, differ(dst.inner, want))
	}
	if back, err := p.standard.Open(nil, m.nonce[:], dst.inner, m.ad); err != nil || !bytes.Equal(back, plain) {
		t.Fatalf("%v: the standard library does not open what we sealed: %v", m, err)
	}
	if !m.inPlace && !bytes.Equal(payload, m.payload) {
		t.Fatalf("%v: Seal changed the payload", m)
	}
	opens(t, p, m, want)
}

func opens(t testing.TB, p pair, m message, sealed []byte) {
	t.Helper()
	g, from := newGuarded(len(m.payload), m.shift), bytes.Clone(sealed)
	dst := g.inner
	if m.inPlace {
		g = newGuarded(len(sealed), m.shift)
		from = g.inner
		copy(from, sealed)
		dst = from[:len(m.payload)]
	}
	tail, err := p.own.Open(dst, &m.nonce, from, m.ad)
	if err != nil || tail != m.tail || !bytes.Equal(dst, m.payload) {
		t.Fatalf("%v: opened with %v, tail %d for %d, first wrong byte %d", m, err, tail, m.tail, differ(dst, m.payload))
	}
	g.check(t, "Open")
	end := len(m.payload)
	if !bytes.Equal(from[end:], sealed[end:]) || !m.inPlace && !bytes.Equal(from, sealed) {
		t.Fatalf("%v: Open changed the message", m)
	}
}

// differ gives the first place at which two slices differ.
func differ(x, y []byte) int {
	n := min(len(x), len(y))
	for i := range n {
		if x[i] != y[i] {
			return i
		}
	}
	return n
}

func (c *chance) message(payload, ad int) message {
	return message{
		nonce:   [12]byte(c.bytes(12)),
		payload: c.bytes(payload),
		tail:    byte(c.Uint32()),
		ad:      c.bytes(ad),
		shift:   c.IntN(guard),
		inPlace: c.IntN(2) == 0,
	}
}
