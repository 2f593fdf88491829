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
type guarded struct{ whole, inner []byte }

func newGuarded(n, shift int) guarded {
	whole := bytes.Repeat([]byte{0xa5}, guard+shift+n+guard)
	from := guard + shift
	return guarded{whole, whole[from : from+n : from+n]}
}

func (g guarded) check(t testing.TB, what string) {
	t.Helper()
	from := cap(g.whole) - cap(g.whole[len(g.whole)-guard:]) - len(g.inner)
	for _, edge := range [][]byte{g.whole[:from], g.whole[len(g.whole)-guard:]} {
		for _, b := range edge {
			if b != 0xa5 {
				t.Fatalf("%s wrote beyond dst", what)
			}
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
	dst, from := newGuarded(len(m.payload), m.shift), bytes.Clone(sealed)
	if m.inPlace {
		whole := newGuarded(len(sealed), m.shift)
		copy(whole.inner, sealed)
		from = whole.inner
		dst = guarded{whole.whole, whole.inner[:len(m.payload)]}
	}
	tail, err := p.own.Open(dst.inner, &m.nonce, from, m.ad)
	if err != nil || tail != m.tail || !bytes.Equal(dst.inner, m.payload) {
		t.Fatalf("%v: opened with %v, tail %d for %d, first wrong byte %d", m, err, tail, m.tail, differ(dst.inner, m.payload))
	}
	if !bytes.Equal(from[len(m.payload):], sealed[len(m.payload):]) {
		t.Fatalf("%v: Open wrote beyond dst", m)
	}
	if m.inPlace {
		dst.inner = from
	} else if !bytes.Equal(from, sealed) {
		t.Fatalf("%v: Open changed the message", m)
	}
	dst.check(t, "Open")
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

func TestAgreesWithTheStandardLibraryAtEveryLength(t *testing.T) {
	if refused(t) {
		return
	}
	c := seeded(t)
	for _, ad := range []int{0, 5, 13, 16, 40} {
		p := newPair(t, c.bytes(KeySize))
		for n := range 1101 {
			m := c.message(n, ad)
			agree(t, p, m)
			m.inPlace = !m.inPlace
			agree(t, p, m)
		}
	}
}

func TestAgreesWithTheStandardLibraryOnRecords(t *testing.T) {
	if refused(t) {
		return
	}
	c := seeded(t)
	p := newPair(t, c.bytes(KeySize))
	for _, n := range []int{4095, 4096, 8192, 16383, 16384, 16385, 17 << 10} {
		agree(t, p, c.message(n, 5))
	}
	for range 300 {
		p := newPair(t, c.bytes(KeySize))
		agree(t, p, c.message(c.IntN(17<<10+1), c.IntN(41)))
	}
}

func TestAdditionalDataOfAnyLength(t *testing.T) {
	if refused(t) {
		return
	}
	c := seeded(t)
	p := newPair(t, c.bytes(KeySize))
	for n := range 600 {
		agree(t, p, c.message(c.IntN(600), n))
	}
}

// The counter's lowest byte runs over at 256 blocks, the next one at 65536.
func TestCountersCarry(t *testing.T) {
	if refused(t) {
		return
	}
	c := seeded(t)
	p := newPair(t, c.bytes(KeySize))
	for _, blocks := range []int{253, 254, 255, 256, 257, 510, 512, 65533, 65534, 65536, 66000} {
		agree(t, p, c.message(blocks*16, 5))
		agree(t, p, c.message(blocks*16-1, 5))
	}
}
