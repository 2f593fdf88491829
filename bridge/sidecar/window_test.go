package sidecar

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

func fill(w *window, p []byte) (written int) {
	for len(p) > 0 {
		space := w.space()
		if space == nil {
			return written
		}
		n := copy(space, p)
		w.publish(n)
		p, written = p[n:], written+n
	}
	return written
}

// read reads what a relay at offset could, up to credit.
func read(t *testing.T, w *window, offset, credit int64) (at int64, got []byte) {
	t.Helper()
	first := int64(-1)
	for {
		n := 0
		_, _, err := w.view(offset, credit, func(at int64, p []byte) error {
			if first < 0 {
				first = at
			} else if at != offset {
				t.Errorf("a gap from %d to %d", offset, at)
			}
			got = append(got, p...)
			offset, n = at+int64(len(p)), len(p)
			return nil
		})
		if err != nil || n == 0 {
			return first, got
		}
	}
}

func TestAWindowIsItsBytesWhateverIsReleased(t *testing.T) {
	for _, lossy := range []bool{false, true} {
		rnd := rand.New(rand.NewPCG(3, 4))
		const limit = 3*chunkSize + 77
		w := newWindow(limit, lossy, func() {})
		var all []byte
		for range 60 {
			p := make([]byte, rnd.IntN(chunkSize))
			for i := range p {
				p[i] = byte(rnd.Uint32())
			}
			n := fill(w, p)
			all = append(all, p[:n]...)
			s := w.state()
			if s.Produced != int64(len(all)) || s.Produced-s.Kept > limit || (lossy && n < len(p)) {
				t.Fatalf("lossy %v: %+v with %d of %d bytes", lossy, s, n, len(all))
			}
			offset := rnd.Int64N(s.Produced + 1)
			credit := rnd.Int64N(s.Produced + 1)
			from := max(offset, s.Kept)
			at, got := read(t, w, offset, credit)
			if want := all[min(from, max(from, credit)):max(from, min(credit, s.Produced))]; !bytes.Equal(got, want) || (len(got) > 0 && at != from) {
				t.Fatalf("lossy %v: from %d to credit %d: %d bytes at %d, want %d", lossy, offset, credit, len(got), at, len(want))
			}
			if rnd.IntN(3) == 0 {
				w.release(s.Kept + rnd.Int64N(s.Produced-s.Kept+1))
			}
		}
	}
}

func TestReleasedMemoryIsGivenBack(t *testing.T) {
	w := newWindow(64<<20, false, func() {})
	n := fill(w, make([]byte, 70<<20))
	if n != 64<<20 || len(w.chunks) != 64<<20/chunkSize+1 {
		t.Fatalf("%d bytes in %d chunks", n, len(w.chunks))
	}
	w.release(int64(n))
	if len(w.chunks) > 1 || len(w.spare) > spareChunks {
		t.Errorf("%d chunks and %d spare ones are held for nothing", len(w.chunks), len(w.spare))
	}
	for _, c := range w.chunks[len(w.chunks):cap(w.chunks)] {
		if c != nil {
			t.Fatal("the list still holds a released chunk")
		}
	}
}

func TestSpareMemoryIsWhatIsNeededBetweenReleases(t *testing.T) {
	w := newWindow(64<<20, false, func() {})
	at := int64(0)
	step := func(chunks int) {
		at += int64(fill(w, make([]byte, chunks*chunkSize)))
		w.release(at)
	}
	step(30)
	step(30)
	if len(w.spare) != 30 {
		t.Errorf("%d chunks are spare at a step of 30", len(w.spare))
	}
	if n := testing.AllocsPerRun(20, func() { step(30) }); n > 1 { // the test's own bytes
		t.Errorf("%v allocations a step", n)
	}
	for range 3 * someReleases {
		step(3)
	}
	if len(w.spare) > 6 {
		t.Errorf("%d chunks are spare at a step of 3", len(w.spare))
	}
	w.end()
	if step(0); len(w.spare) != 0 {
		t.Errorf("%d chunks are spare behind the end", len(w.spare))
	}
}

func TestAFullWindowHasNoSpaceUntilARelease(t *testing.T) {
	w := newWindow(1000, false, func() {})
	if n := fill(w, make([]byte, 2000)); n != 1000 {
		t.Fatalf("%d bytes fit in a window of 1000", n)
	}
	w.release(300)
	select {
	case <-w.room:
	default:
		t.Error("nobody is told of the room")
	}
	if n := fill(w, make([]byte, 2000)); n != 300 {
		t.Errorf("%d bytes fit, want 300", n)
	}
}

func TestTheEndOfAWindowComesBehindItsLastByte(t *testing.T) {
	w := newWindow(1000, false, func() {})
	fill(w, []byte("abc"))
	w.end()
	nothing := func(int64, []byte) error { t.Error("bytes"); return nil }
	if _, ended, _ := w.view(2, 2, nothing); ended {
		t.Error("it ends before its last byte")
	}
	if at, ended, _ := w.view(3, 3, nothing); !ended || at != 3 {
		t.Errorf("ended %v at %d", ended, at)
	}
}

// TestReleasesAfterTheEndAreTaken: the relay may be far behind the connector.
func TestReleasesAfterTheEndAreTaken(t *testing.T) {
	const chunks = 3*someReleases + 2
	w := newWindow(chunks*chunkSize, false, func() {})
	fill(w, make([]byte, chunks*chunkSize))
	for i := range int64(chunks) {
		if i == 2*someReleases-1 { // the next one looks at what was spare
			w.end()
		}
		w.release((i + 1) * chunkSize)
	}
	if s := w.state(); s.Kept != chunks*chunkSize || !s.Ended {
		t.Errorf("%+v", s)
	}
}
