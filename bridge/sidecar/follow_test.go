package sidecar

import (
	"os"
	"testing"
	"time"
)

func showAll(int64, []byte) error { return nil }

// TestAConnectorIsAheadByWhatIsNotSent, kept or not; of stderr, whose oldest bytes
// go, never.
func TestAConnectorIsAheadByWhatIsNotSent(t *testing.T) {
	w := newWindow(64<<20, false, func() {})
	fill(w, make([]byte, readAhead))
	if w.ahead() {
		t.Error("ahead by what may be read ahead")
	}
	fill(w, make([]byte, 1))
	if !w.ahead() {
		t.Error("not ahead by a byte more")
	}
	if _, _, err := w.view(0, readAhead, showAll); err != nil || w.ahead() {
		t.Errorf("ahead though a frame was sent; %v", err)
	}
	select {
	case <-w.moved:
	default:
		t.Error("nobody is told that a frame was sent")
	}
	if _, _, err := w.view(0, readAhead, showAll); err != nil || len(w.moved) != 0 {
		t.Errorf("what is sent again to a successor counts; %v", err)
	}
	fill(w, make([]byte, 2*readAhead))
	if w.release(2 * readAhead); !w.ahead() {
		t.Error("not ahead, though more waits than was released")
	}
	if w.release(2*readAhead + chunkSize); w.ahead() {
		t.Error("ahead by what was released unsent")
	}
	lossy := newWindow(4<<20, true, func() {})
	if fill(lossy, make([]byte, 3<<20)); lossy.ahead() {
		t.Error("stderr waits for its relay")
	}
}

// TestAWindowFillsWithoutARelay, if more slowly than a connector can write, and its
// reading ends with the pod.
func TestAWindowFillsWithoutARelay(t *testing.T) {
	from, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close() //nolint:errcheck // only read
	const limit = readAhead + 4*chunkSize
	w, quit := newWindow(limit, false, func() {}), make(chan struct{})
	done, wrote := make(chan error, 1), make(chan error, 1)
	go func() { done <- (&pump{from: from, into: w, quit: quit}).run() }()
	go func() {
		_, err := to.Write(make([]byte, limit))
		wrote <- err
	}()
	for began := time.Now(); w.state().Produced < limit; time.Sleep(time.Millisecond) {
		if time.Since(began) > 30*time.Second {
			t.Fatalf("only %d bytes of %d were read", w.state().Produced, limit)
		}
	}
	close(quit)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := <-wrote; err != nil {
		t.Error(err)
	}
	if err := to.Close(); err != nil {
		t.Error(err)
	}
}
