package sidecar

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"knelt.dev/bridge/wire"
)

// sink is a stdin that takes some bytes at a time and can fail.
type sink struct {
	bytes.Buffer
	fail   error
	closed bool
	gate   chan struct{} // nil: open
}

func (s *sink) Write(p []byte) (int, error) {
	if s.gate != nil {
		<-s.gate
	}
	if s.fail != nil {
		return 0, s.fail
	}
	return s.Buffer.Write(p)
}

func (s *sink) Close() error { s.closed = true; return nil }

// take places and accepts bytes as a session does.
func (in *inlet) take(offset int64, p []byte) error {
	first, second, err := in.place(offset, len(p))
	if err != nil {
		return err
	}
	copy(second, p[copy(first, p):])
	return in.accept(offset, len(p))
}

func TestStdinIsAppliedOnceInOrderAndEnded(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	news := make(chan struct{}, 1)
	in := newInlet(func() {
		select {
		case news <- struct{}{}:
		default:
		}
	})
	out, done := &sink{}, make(chan struct{})
	go func() { defer close(done); in.run(out) }()
	want := make([]byte, 9<<20)
	for i := range want {
		want[i] = byte(rnd.Uint32())
	}
	for at := 0; at < len(want); {
		n := min(1+rnd.IntN(wire.MaxPayload), len(want)-at)
		for in.state().credit < int64(at+n) {
			<-news
		}
		if err := in.take(int64(at), want[at:at+n]); err != nil {
			t.Fatal(err)
		}
		at += n
	}
	if err := in.end(int64(len(want))); err != nil {
		t.Fatal(err)
	}
	<-done
	if !bytes.Equal(out.Bytes(), want) || !out.closed {
		t.Errorf("%d bytes arrived, closed %v", out.Len(), out.closed)
	}
}

func TestWhatDoesNotContinueStdinIsRefused(t *testing.T) {
	in := newInlet(func() {})
	if err := in.take(0, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	in.mu.Lock()
	in.accepted, in.applied = 100, 0 // nobody applies
	in.mu.Unlock()
	for name, err := range map[string]error{
		"before":            in.take(99, []byte("x")),
		"a gap":             in.take(101, []byte("x")),
		"beyond the credit": in.take(100, make([]byte, inletSize-99)),
		"an early end":      in.end(99),
		"a late end":        in.end(101),
	} {
		var wrong *wire.FormatError
		if !errors.As(err, &wrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s := in.state(); s.accepted != 100 || s.ended || s.credit != inletSize {
		t.Errorf("afterwards %+v", s)
	}
	if err := errors.Join(in.take(100, make([]byte, inletSize-100)), in.end(inletSize)); err != nil {
		t.Errorf("up to the credit: %v", err)
	}
	if in.take(inletSize, []byte("x")) == nil {
		t.Error("bytes behind the end were taken")
	}
}

func TestABrokenStdinTakesAndDropsEverything(t *testing.T) {
	in := newInlet(func() {})
	out := &sink{fail: io.ErrClosedPipe}
	if err := in.take(0, make([]byte, 5000)); err != nil {
		t.Fatal(err)
	}
	in.run(out)
	for at := int64(5000); at < 5<<20; at += 50000 {
		if err := in.take(at, make([]byte, 50000)); err != nil {
			t.Fatal(err)
		}
	}
	if s := in.state(); !s.broken || !s.idle || s.credit != s.accepted+inletSize || in.ring != nil {
		t.Errorf("%+v, and a ring of %d bytes", s, len(in.ring))
	}
}
