package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

// samples are one frame of each type, and the edges of sizes.
func samples() []Frame {
	var all []Frame
	for t := Attach; t <= Launched; t++ {
		for s := Stdin; s <= Stderr; s++ {
			f := Frame{Type: t, Stream: s}
			if rules[t].streams&(1<<s) == 0 {
				continue
			}
			if rules[t].offset {
				f.Offset = 1<<40 + int64(t)
			}
			if rules[t].payload != none {
				f.Payload = []byte(`{"a":1}`)
			}
			all = append(all, f)
		}
	}
	big := bytes.Repeat([]byte("0123456789abcdef"), MaxPayload/16)
	for _, n := range []int{1, BestPayload - 1, BestPayload, BestPayload + 1, MaxPayload - 1, MaxPayload} {
		all = append(all, Frame{Type: Data, Stream: Stdout, Offset: int64(n), Payload: big[:n]})
	}
	return all
}

func same(a, b Frame) bool {
	return a.Type == b.Type && a.Stream == b.Stream && a.Offset == b.Offset && bytes.Equal(a.Payload, b.Payload)
}

func encode(t testing.TB, frames ...Frame) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b)
	defer w.Close()
	for _, f := range frames {
		if err := w.Write(f); err != nil {
			t.Fatalf("%v: %v", f.Type, err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFramesComeOutAsTheyWentIn(t *testing.T) {
	want := samples()
	raw := encode(t, want...)
	for name, r := range map[string]io.Reader{
		"whole":        bytes.NewReader(raw),
		"by bytes":     iotest.OneByteReader(bytes.NewReader(raw)),
		"by halves":    iotest.HalfReader(bytes.NewReader(raw)),
		"EOF with end": iotest.DataErrReader(bytes.NewReader(raw)),
	} {
		fr := NewReader(r)
		for i, f := range want {
			got, err := fr.Next()
			if err != nil || !same(got, f) {
				t.Fatalf("%s: frame %d: got %v %v %d (%d bytes), %v", name, i, got.Type, got.Stream, got.Offset, len(got.Payload), err)
			}
		}
		for range 2 {
			if _, err := fr.Next(); !errors.Is(err, io.EOF) {
				t.Errorf("%s: at the end: %v, want io.EOF", name, err)
			}
		}
		fr.Close()
	}
}

func TestTheHeaderIsLaidOutAsDocumented(t *testing.T) {
	got := encode(t, Frame{Type: Data, Stream: Stderr, Offset: 0x0102030405060708, Payload: []byte("ab")})
	want := "\x06\x02\x00\x00\x00\x00\x00\x02\x01\x02\x03\x04\x05\x06\x07\x08ab"
	if string(got) != want {
		t.Errorf("got %x, want %x", got, want)
	}
}

func TestAConnectionCutInsideAFrameIsNotAnOrderlyEnd(t *testing.T) {
	f := Frame{Type: Data, Stream: Stdout, Offset: 5, Payload: []byte("payload")}
	raw := encode(t, f, f)
	one := len(raw) / 2
	for cut := range raw {
		r := NewReader(bytes.NewReader(raw[:cut]))
		frames, err := 0, error(nil)
		for err == nil {
			if _, err = r.Next(); err == nil {
				frames++
			}
		}
		want := io.ErrUnexpectedEOF
		if cut%one == 0 {
			want = io.EOF
		}
		if frames != cut/one || !errors.Is(err, want) {
			t.Errorf("cut at %d: %d frames, %v; want %d, %v", cut, frames, err, cut/one, want)
		}
		r.Close()
	}
}

// header makes a header of any values.
func header(typ, stream byte, zero uint16, length uint32, offset uint64) []byte {
	b := binary.BigEndian.AppendUint16([]byte{typ, stream}, zero)
	b = binary.BigEndian.AppendUint32(b, length)
	return binary.BigEndian.AppendUint64(b, offset)
}

func TestWhatIsNoFrameIsRefusedByItsHeader(t *testing.T) {
	for name, b := range map[string][]byte{
		"type 0":                       header(0, 0, 0, 0, 0),
		"type 22":                      header(22, 0, 0, 0, 0),
		"type 255":                     header(255, 0, 0, 0, 0),
		"stream 3":                     header(byte(Data), 3, 0, 1, 0),
		"stream 255":                   header(byte(Data), 255, 0, 1, 0),
		"bytes that are not zero":      header(byte(Data), 1, 1, 1, 0),
		"one byte too many":            header(byte(Data), 1, 0, MaxPayload+1, 0),
		"1 GB":                         header(byte(Data), 1, 0, 1<<30, 0),
		"4 GB":                         header(byte(Data), 1, 0, 1<<32-1, 0),
		"a negative offset":            header(byte(Data), 1, 0, 1, 1<<63),
		"an end beyond the numbers":    header(byte(Data), 1, 0, 2, 1<<63-2),
		"DATA without bytes":           header(byte(Data), 1, 0, 0, 0),
		"END with bytes":               header(byte(End), 1, 0, 1, 0),
		"RELEASE of stdin":             header(byte(Release), 0, 0, 0, 0),
		"MARK of stdout":               header(byte(Mark), 1, 0, 1, 0),
		"ATTACH with an offset":        header(byte(Attach), 0, 0, 2, 1),
		"ATTACH without payload":       header(byte(Attach), 0, 0, 0, 0),
		"DONE with a stream":           header(byte(Done), 1, 0, 0, 0),
		"the beginning of an HTTP GET": []byte("GET / HTTP/1.1\r\n"),
	} {
		// Behind the header the connection is silent: the refusal must not wait.
		silent, hold := io.Pipe()
		r := NewReader(io.MultiReader(bytes.NewReader(b), silent))
		var wrong *FormatError
		for range 2 {
			if _, err := r.Next(); !errors.As(err, &wrong) {
				t.Errorf("%s: got %v, want a *FormatError", name, err)
			}
		}
		r.Close()
		_ = hold.Close()
	}
}

func TestAWriterRefusesWhatAReaderWould(t *testing.T) {
	var b bytes.Buffer
	w := NewWriter(&b)
	defer w.Close()
	for name, f := range map[string]Frame{
		"too long":      {Type: Data, Stream: Stdout, Payload: make([]byte, MaxPayload+1)},
		"no type":       {Payload: []byte("x")},
		"no payload":    {Type: Data, Stream: Stdout},
		"wrong stream":  {Type: Mark, Stream: Stdout, Payload: []byte("x")},
		"before byte 0": {Type: Data, Stream: Stdout, Offset: -1, Payload: []byte("x")},
	} {
		var wrong *FormatError
		if err := w.Write(f); !errors.As(err, &wrong) {
			t.Errorf("%s: got %v, want a *FormatError", name, err)
		}
	}
	if err := w.Write(Frame{Type: Done}); err != nil {
		t.Errorf("afterwards a good one: %v", err)
	}
	if err := w.Flush(); err != nil || b.Len() != HeaderSize {
		t.Errorf("%d bytes went out (error %v), want one header", b.Len(), err)
	}
}

// counter counts writes.
type counter struct {
	writes, bytes int
	err           error
}

func (c *counter) Write(b []byte) (int, error) {
	c.writes++
	c.bytes += len(b)
	return len(b), c.err
}

func TestAFrameIsOneWriteAndSmallFramesShareOne(t *testing.T) {
	c := &counter{}
	w := NewWriter(c)
	defer w.Close()
	full := Frame{Type: Data, Stream: Stdout, Payload: make([]byte, MaxPayload)}
	for range 10 {
		if err := w.Write(full); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil || c.writes != 10 || c.bytes != 10*(HeaderSize+MaxPayload) {
		t.Errorf("%d writes of %d bytes, %v; want 10", c.writes, c.bytes, err)
	}
	for range 100 {
		if err := w.Write(Frame{Type: Ping}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil || c.writes != 11 {
		t.Errorf("%d writes, %v; want one for a hundred small frames", c.writes-10, err)
	}
}

func TestAfterAFailedWriteNothingMoreIsSent(t *testing.T) {
	broken := errors.New("broken")
	c := &counter{err: broken}
	w := NewWriter(c)
	defer w.Close()
	if err := w.Write(Frame{Type: Ping}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Flush(); !errors.Is(err, broken) {
			t.Errorf("flush: %v", err)
		}
		if err := w.Write(Frame{Type: Ping}); !errors.Is(err, broken) {
			t.Errorf("write: %v", err)
		}
	}
	if c.writes != 1 {
		t.Errorf("%d writes, want 1", c.writes)
	}
}

// endless repeats bytes.
type endless struct {
	b  []byte
	at int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.b[e.at:])
	e.at = (e.at + n) % len(e.b)
	return n, nil
}

func TestNothingIsAllocatedPerFrame(t *testing.T) {
	f := Frame{Type: Data, Stream: Stdout, Offset: 1 << 40, Payload: make([]byte, 60000)}
	w := NewWriter(io.Discard)
	defer w.Close()
	r := NewReader(&endless{b: encode(t, f, Frame{Type: Credit, Stream: Stdout, Offset: 1})})
	defer r.Close()
	got := testing.AllocsPerRun(200, func() {
		if err := w.Write(f); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	})
	if got != 0 {
		t.Errorf("%v allocations a frame, want 0", got)
	}
}

func TestAReservedFrameIsWrittenWithoutTheNetwork(t *testing.T) {
	c := &counter{}
	w := NewWriter(c)
	defer w.Close()
	for range 3 {
		if err := w.Reserve(MaxPayload); err != nil {
			t.Fatal(err)
		}
		before := c.writes
		if err := w.Write(Frame{Type: Data, Stream: Stdout, Payload: make([]byte, MaxPayload)}); err != nil || c.writes != before {
			t.Errorf("the network was used, or %v", err)
		}
	}
	if c.writes != 2 {
		t.Errorf("%d writes, want one for each frame but the last", c.writes)
	}
}

func TestRandomSizesSurviveRandomPieces(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var want []Frame
	for range 300 {
		n := 1 + rnd.IntN(200)
		if rnd.IntN(4) == 0 {
			n = 1 + rnd.IntN(MaxPayload)
		}
		p := make([]byte, n)
		p[0], p[n-1] = byte(n), byte(n>>8)
		want = append(want, Frame{Type: Data, Stream: Stream(rnd.IntN(3)), Offset: rnd.Int64N(1 << 60), Payload: p})
	}
	r := NewReader(&pieces{encode(t, want...), rnd})
	defer r.Close()
	for i, f := range want {
		if got, err := r.Next(); err != nil || !same(got, f) {
			t.Fatalf("frame %d: %v", i, err)
		}
	}
}

type pieces struct {
	b   []byte
	rnd *rand.Rand
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.b) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), 1+p.rnd.IntN(40000))], p.b)
	p.b = p.b[n:]
	return n, nil
}

func TestEachFrameHasItsSender(t *testing.T) {
	for _, c := range []struct {
		typ    Type
		stream Stream
		from   Side
	}{
		{Attach, 0, Relay},
		{Attached, 0, Bridge},
		{Refused, 0, Bridge},
		{File, 0, Relay},
		{Start, 0, Relay},
		{Data, Stdin, Relay},
		{Data, Stdout, Bridge},
		{Data, Stderr, Bridge},
		{End, Stdin, Relay | Bridge},
		{End, Stdout, Bridge},
		{End, Stderr, Bridge},
		{Credit, Stdin, Bridge},
		{Credit, Stdout, Relay},
		{Credit, Stderr, Relay},
		{Release, Stdout, Relay},
		{Mark, 0, Relay},
		{MarkEnd, 0, Relay},
		{Marked, 0, Bridge},
		{Snapshot, 0, Bridge},
		{Terminate, 0, Relay},
		{Exit, 0, Bridge},
		{Done, 0, Relay},
		{Detach, 0, Relay},
		{Detached, 0, Bridge},
		{Ping, 0, Relay | Bridge},
		{Pong, 0, Relay | Bridge},
		{Launched, 0, Bridge},
		{0, 0, 0},
		{99, 0, 0},
	} {
		for _, side := range []Side{Relay, Bridge} {
			if got := (Frame{Type: c.typ, Stream: c.stream}).SentBy(side); got != (c.from&side != 0) {
				t.Errorf("%v of %v sent by side %d: %v", c.typ, c.stream, side, got)
			}
		}
	}
}

func TestPayloadsMustBeObjects(t *testing.T) {
	for _, bad := range []string{"", "null", "[]", `"x"`, "1", "{", `{"epoch":"password"}`, `{"epoch":1.5}`, `{} {}`} {
		var p AttachPayload
		var wrong *FormatError
		err := Decode(Frame{Type: Attach, Payload: []byte(bad)}, &p)
		if !errors.As(err, &wrong) || strings.Contains(err.Error(), "password") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	var p AttachPayload
	err := Decode(Frame{Type: Attach, Payload: []byte(` {"epoch":3,"new":[1],"sync":9007199254740993}`)}, &p)
	if err != nil || p.Epoch != 3 || p.Sync != 9007199254740993 {
		t.Errorf("got %+v, %v", p, err)
	}
	if _, err := Encode(strings.Repeat("x", MaxPayload)); err == nil {
		t.Error("a payload that fits in no frame was encoded")
	}
}

func FuzzReader(f *testing.F) {
	for _, s := range samples() {
		f.Add(encode(f, s))
	}
	f.Add(header(6, 1, 0, 1<<30, 0))
	f.Add([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := NewReader(iotest.HalfReader(bytes.NewReader(raw)))
		defer r.Close()
		var back bytes.Buffer
		w := NewWriter(&back)
		defer w.Close()
		for {
			frame, err := r.Next()
			if err != nil {
				break
			}
			if err := w.Write(frame); err != nil {
				t.Fatalf("a frame that was read cannot be written: %v", err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(raw, back.Bytes()) {
			t.Error("what was read is not what was there")
		}
	})
}
