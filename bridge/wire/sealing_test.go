package wire

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

// sealing is a connection that gathers what is written, and counts what it was
// asked.
type sealing struct {
	bytes.Buffer
	room    int // what was reserved and not written
	short   int // writes for which there was no room
	flushes int
}

func (s *sealing) Write(p []byte) (int, error) {
	if s.room -= len(p); s.room < 0 {
		s.short++
	}
	return s.Buffer.Write(p)
}

func (s *sealing) Reserve(n int) error { s.room = n; return nil }
func (s *sealing) Flush() error        { s.flushes++; return nil }

// TestLargeFramesAreNotCopiedAndKeepTheirOrder, with small ones between them, are
// written to room that was reserved, and land where they belong, also in two pieces.
func TestLargeFramesAreNotCopiedAndKeepTheirOrder(t *testing.T) {
	conn := &sealing{}
	w := NewWriter(conn)
	defer w.Close()
	var want []byte
	for i := range 12 {
		payload := bytes.Repeat([]byte{byte(i)}, BestPayload)
		want = append(want, payload...)
		if err := errors.Join(w.Write(Frame{Type: Ping, Offset: int64(i)}), w.Write(Frame{Type: Data, Stream: Stdout, Offset: int64(i) * BestPayload, Payload: payload})); err != nil {
			t.Fatal(err)
		}
		clear(payload) // it is the caller's again
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if conn.short > 0 || conn.flushes != 1 {
		t.Errorf("%d writes had no room, and there were %d flushes", conn.short, conn.flushes)
	}
	got := make([]byte, len(want))
	r := NewReader(iotest.HalfReader(conn))
	defer r.Close()
	r.Into(Stdout, func(f Frame, length int) (first, second []byte, err error) {
		room := got[f.Offset : f.Offset+int64(length)]
		return room[:length/3], room[length/3:], nil
	})
	for i := range 12 {
		ping, err1 := r.Next()
		data, err2 := r.Next()
		if errors.Join(err1, err2) != nil || ping.Offset != int64(i) || data.Type != Data || data.Payload != nil {
			t.Fatalf("frame %d: %v, %v, %v", i, ping, data.Type, errors.Join(err1, err2))
		}
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) || !bytes.Equal(got, want) {
		t.Errorf("the end is %v; the bytes are right: %v", err, bytes.Equal(got, want))
	}
}

// TestAPayloadThatIsCutIsNoFrame, wherever it is read to.
func TestAPayloadThatIsCutIsNoFrame(t *testing.T) {
	var b bytes.Buffer
	w := NewWriter(&b)
	defer w.Close()
	if err := errors.Join(w.Write(Frame{Type: Data, Stream: Stdout, Payload: make([]byte, 1000)}), w.Flush()); err != nil {
		t.Fatal(err)
	}
	for cut := HeaderSize; cut < HeaderSize+1000; cut += 41 {
		r := NewReader(bytes.NewReader(b.Bytes()[:cut]))
		r.Into(Stdout, func(_ Frame, length int) (first, second []byte, err error) { return make([]byte, length), nil, nil })
		if _, err := r.Next(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut after %d bytes: %v", cut, err)
		}
		r.Close()
	}
}

// TestAPayloadThatHasNoPlaceComesInItsFrame, as those of other streams do.
func TestAPayloadThatHasNoPlaceComesInItsFrame(t *testing.T) {
	var b bytes.Buffer
	w := NewWriter(&b)
	defer w.Close()
	for _, stream := range []Stream{Stdin, Stdout} {
		if err := w.Write(Frame{Type: Data, Stream: stream, Payload: []byte("some bytes")}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	r := NewReader(&b)
	defer r.Close()
	asked := 0
	r.Into(Stdin, func(Frame, int) (first, second []byte, err error) { asked++; return nil, nil, nil })
	for _, stream := range []Stream{Stdin, Stdout} {
		if f, err := r.Next(); err != nil || f.Stream != stream || string(f.Payload) != "some bytes" {
			t.Errorf("%s: %q, %v", stream, f.Payload, err)
		}
	}
	if asked != 1 {
		t.Errorf("%d payloads were asked a place for", asked)
	}
}
