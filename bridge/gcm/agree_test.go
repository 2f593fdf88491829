package gcm

import (
	"strconv"
	"testing"
)

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

// The goroutines of a connection share an AEAD.
func TestOneKeyInManyGoroutines(t *testing.T) {
	if refused(t) {
		return
	}
	c := seeded(t)
	p := newPair(t, c.bytes(KeySize))
	for i := range 8 {
		messages := []message{c.message(16384, 5), c.message(1000, 5), c.message(0, 5)}
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			for range 20 {
				for _, m := range messages {
					agree(t, p, m)
				}
			}
		})
	}
}

func FuzzAgainstStandardLibrary(f *testing.F) {
	key, nonce := make([]byte, KeySize), make([]byte, 12)
	f.Add(key, nonce, []byte(nil), byte(0), []byte(nil), uint8(0))
	f.Add(key, nonce, []byte("a payload"), byte(23), []byte("\x17\x03\x03\x00\x1a"), uint8(1))
	f.Add(key, nonce, make([]byte, 255), byte(22), make([]byte, 65), uint8(3))
	f.Add(key, nonce, make([]byte, 1300), byte(21), make([]byte, 5), uint8(130))
	f.Fuzz(func(t *testing.T, key, nonce, payload []byte, tail byte, ad []byte, place uint8) {
		if refused(t) {
			return
		}
		m := message{payload: payload, tail: tail, ad: ad, shift: int(place >> 1), inPlace: place&1 == 1}
		copy(m.nonce[:], nonce)
		var k [KeySize]byte
		copy(k[:], key)
		agree(t, newPair(t, k[:]), m)
	})
}
