package gcm

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// forged wants sealed refused, and nothing of its plaintext left in dst.
func forged(t *testing.T, a *AEAD, m message, sealed []byte, what string, at int) {
	t.Helper()
	dst := bytes.Repeat([]byte{1}, len(sealed)-Overhead)
	tail, err := a.Open(dst, &m.nonce, sealed, m.ad)
	if !errors.Is(err, ErrForged) || tail != 0 {
		t.Fatalf("%v: %s %d: opened with %v", m, what, at, err)
	}
	if !bytes.Equal(dst, make([]byte, len(dst))) {
		t.Fatalf("%v: %s %d: plaintext is left", m, what, at)
	}
}

// flips calls f for each bit of b, while it is the other one.
func flips(b []byte, f func(bit int)) {
	for i := range len(b) * 8 {
		b[i/8] ^= 1 << (i % 8)
		f(i)
		b[i/8] ^= 1 << (i % 8)
	}
}

func TestEveryFlippedBitIsRefused(t *testing.T) {
	if refused(t) {
		return
	}
	c := seeded(t)
	for _, n := range []int{0, 1, 15, 16, 63, 64, 255, 256, 300, 1100} {
		m := c.message(n, 5)
		p := newPair(t, c.bytes(KeySize))
		sealed := p.standard.Seal(nil, m.nonce[:], append(bytes.Clone(m.payload), m.tail), m.ad)
		flips(sealed, func(i int) { forged(t, p.own, m, sealed, "flipped bit", i) })
		flips(m.ad, func(i int) { forged(t, p.own, m, sealed, "flipped bit of the additional data", i) })
		flips(m.nonce[:], func(i int) { forged(t, p.own, m, sealed, "flipped bit of the nonce", i) })
		opens(t, p, m, sealed)
	}
}

func TestOtherLengthsAreRefused(t *testing.T) {
	if refused(t) {
		return
	}
	c := seeded(t)
	p := newPair(t, c.bytes(KeySize))
	m := c.message(300, 5)
	sealed := p.standard.Seal(nil, m.nonce[:], append(bytes.Clone(m.payload), m.tail), m.ad)
	for n := Overhead; n < len(sealed); n++ {
		forged(t, p.own, m, sealed[:n], "cut to", n)
	}
	forged(t, p.own, m, append(bytes.Clone(sealed), 0), "longer by", 1)
	full := m.ad
	for n := range full {
		m.ad = full[:n]
		forged(t, p.own, m, sealed, "additional data cut to", n)
	}
	// Zeros that fill up a block are no additional data.
	m.ad = append(bytes.Clone(full), 0)
	forged(t, p.own, m, sealed, "additional data longer by", 1)
}

func TestForgedInPlaceLeavesZeros(t *testing.T) {
	if refused(t) {
		return
	}
	c := seeded(t)
	p := newPair(t, c.bytes(KeySize))
	m := c.message(1000, 5)
	sealed := p.standard.Seal(nil, m.nonce[:], append(m.payload, m.tail), m.ad)
	sealed[len(sealed)-1] ^= 1
	if _, err := p.own.Open(sealed[:1000], &m.nonce, sealed, m.ad); !errors.Is(err, ErrForged) {
		t.Fatal(err)
	}
	if !bytes.Equal(sealed[:1000], make([]byte, 1000)) {
		t.Error("plaintext is left")
	}
}

func TestKeysOfOtherLengthsAreRefused(t *testing.T) {
	if refused(t) {
		return
	}
	for _, n := range []int{0, 15, 17, 24, 32} {
		if a, err := New(make([]byte, n)); a != nil || err == nil || !strings.Contains(err.Error(), "16 bytes") {
			t.Errorf("key of %d bytes: %v, %v", n, a, err)
		}
	}
}

func TestMisusePanics(t *testing.T) {
	if refused(t) {
		return
	}
	a, nonce, mem := newPair(t, make([]byte, KeySize)).own, new([12]byte), make([]byte, 2000)
	for what, f := range map[string]func(){
		"Seal of 100 bytes into 116": func() { a.Seal(mem[:116], nonce, mem[1000:1100], 0, nil) },
		"Seal of 100 bytes into 118": func() { a.Seal(mem[:118], nonce, mem[1000:1100], 0, nil) },
		"Open of 117 bytes into 101": func() { _, _ = a.Open(mem[:101], nonce, mem[1000:1117], nil) },
		"Open of 117 bytes into 99":  func() { _, _ = a.Open(mem[:99], nonce, mem[1000:1117], nil) },
		"Open of 16 bytes into 0":    func() { _, _ = a.Open(nil, nonce, mem[:16], nil) },
		"Open of 0 bytes into 0":     func() { _, _ = a.Open(nil, nonce, nil, nil) },
		"a part of its payload":      func() { a.Seal(mem[1:118], nonce, mem[:100], 0, nil) },
		"part of its payload":        func() { a.Seal(mem[:117], nonce, mem[116:216], 0, nil) },
		"a part of its message":      func() { _, _ = a.Open(mem[1:101], nonce, mem[:117], nil) },
		"part of its message":        func() { _, _ = a.Open(mem[116:216], nonce, mem[:117], nil) },
	} {
		func() {
			defer func() {
				if s, _ := recover().(string); !strings.Contains(s, what) {
					t.Errorf("wanted a panic about %q, got %q", what, s)
				}
			}()
			f()
		}()
	}
	// Next to each other is not overlapping.
	a.Seal(mem[:117], nonce, mem[117:217], 7, nil)
	if tail, err := a.Open(mem[117:217], nonce, mem[:117], nil); err != nil || tail != 7 {
		t.Error(tail, err)
	}
}

func TestNothingIsAllocated(t *testing.T) {
	if refused(t) {
		return
	}
	a := newPair(t, make([]byte, KeySize)).own
	plain, sealed := make([]byte, 5000), make([]byte, 5000+Overhead)
	if n := testing.AllocsPerRun(100, func() {
		var nonce [12]byte
		var header [5]byte
		a.Seal(sealed, &nonce, plain, 23, header[:])
		if _, err := a.Open(plain, &nonce, sealed, header[:]); err != nil {
			t.Fatal(err)
		}
		header[0] ^= 1
		if _, err := a.Open(plain, &nonce, sealed, header[:]); err == nil {
			t.Fatal("opened with another header")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Each of these missing is enough: the tests run again without it, where all they
// can see is that New refuses.
func TestRefusesProcessorsThatLackSomething(t *testing.T) {
	const marked = "KNELT_GCM_WITHOUT"
	if without := os.Getenv(marked); without != "" {
		if !refused(t) {
			t.Fatalf("available without %s", without)
		}
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, without := range []string{"aes", "bmi2", "avx512f", "avx512bw", "avx512vl", "avx512dq", "avx512vaes", "avx512vpclmulqdq"} {
		cmd := exec.CommandContext(t.Context(), self, "-test.run", "^Test|^Fuzz")
		// A program with the race detector would wait for a second at its end.
		cmd.Env = append(os.Environ(), "GODEBUG=cpu."+without+"=off", "GORACE=atexit_sleep_ms=0", marked+"="+without)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("without %s: %v\n%s", without, err, out)
		}
	}
}
