//go:build unix

package airbyte

import (
	"bytes"
	"math/rand/v2"
	"syscall"
	"testing"
)

// The scanner loads eight bytes at a time without the compiler's bounds checks
// (load). Here the line ends where readable memory ends, so that a load behind
// it kills the test.
func TestNothingBehindTheLineIsRead(t *testing.T) {
	page := syscall.Getpagesize()
	mem, err := syscall.Mmap(-1, 0, 2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Munmap(mem); err != nil {
			t.Error(err)
		}
	}()
	if err := syscall.Mprotect(mem[page:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	lines := [][]byte{[]byte(`{"type":"STATE","state":{"data":{"a":12345678901234567890}}}`), []byte(`{"a":"éééééééééé注文注文注文💡💡💡💡"}`)}
	lines = append(lines, []byte(`{"x": 1, "connectionStatus": {"status": "FAILED", "unknown_key_of_15": 1}, "type": "CONNECTION_STATUS"}`))
	for range 20 {
		lines = append(lines, recordLine(r, 600))
	}
	for _, whole := range lines {
		for n := range len(whole) + 1 {
			line := mem[page-n : page]
			copy(line, whole)
			checkVerdict(t, line, bytes.Clone(line))
		}
	}
}

func checkVerdict(t *testing.T, edge, clone []byte) {
	t.Helper()
	var a, b Envelope
	if v, w := Classify(edge, &a), Classify(clone, &b); v != w || a != b {
		t.Fatalf("%q: %v %+v at the edge of memory, %v %+v elsewhere", clone, v, a, w, b)
	}
}
