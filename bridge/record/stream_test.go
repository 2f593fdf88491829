package record

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"testing/iotest"
)

// say writes text in pieces of random sizes, and ends.
func say(s stream, text []byte, r *rand.Rand) error {
	for len(text) > 0 {
		n := min(len(text), 1+r.IntN(1<<r.IntN(18)))
		if _, err := s.Write(text[:n]); err != nil {
			return err
		}
		text = text[n:]
	}
	if f, ok := s.(interface{ Flush() error }); ok {
		if err := f.Flush(); err != nil {
			return err
		}
	}
	return s.CloseWrite()
}

// hear reads to the end in pieces of random sizes.
func hear(s stream, r *rand.Rand) ([]byte, error) {
	var text []byte
	for {
		piece := make([]byte, 1+r.IntN(1<<r.IntN(18)))
		n, err := s.Read(piece)
		text = append(text, piece[:n]...)
		if errors.Is(err, io.EOF) {
			return text, nil
		}
		if err != nil {
			return text, err
		}
	}
}

// TestWhatIsWrittenIsRead, in both directions at once, by ends of this package and
// of crypto/tls.
func TestWhatIsWrittenIsRead(t *testing.T) {
	for name, ends := range map[string][2]end{
		"both ours":     {ours(Client), ours(Server)},
		"their server":  {ours(Client), theirs(tls.Server)},
		"their client":  {theirs(tls.Client), ours(Server)},
		"neither, ours": {theirs(tls.Client), theirs(tls.Server)},
	} {
		t.Run(name, func(t *testing.T) {
			dialed, accepted := tcp(t)
			relay, bridge := shaken(t, ends[0], ends[1], dialed, accepted)
			random := func() *rand.Rand { return rand.New(rand.NewPCG(1, rand.Uint64())) }
			texts := [2][]byte{make([]byte, 3<<20), make([]byte, 2<<20+7)}
			said := make(chan error, 2)
			for i, s := range []stream{relay, bridge} {
				r := random()
				for j := range texts[i] {
					texts[i][j] = byte(r.Uint32())
				}
				go func() { said <- say(s, texts[i], r) }()
			}
			heard := make(chan error, 1)
			go func() {
				got, err := hear(bridge, random())
				if err == nil && !bytes.Equal(got, texts[0]) {
					err = errors.New("the bridge reads something else")
				}
				heard <- err
			}()
			if got, err := hear(relay, random()); err != nil || !bytes.Equal(got, texts[1]) {
				t.Errorf("relay: %d bytes, %v", len(got), err)
			}
			if err := errors.Join(<-heard, <-said, <-said); err != nil {
				t.Error(err)
			}
		})
	}
}

// lazy sends what is written when something is read, so that the end of a
// handshake and what follows it come in one piece.
type lazy struct {
	net.Conn
	kept []byte
}

func (l *lazy) Write(p []byte) (int, error) {
	l.kept = append(l.kept, p...)
	return len(p), nil
}

func (l *lazy) Read(p []byte) (int, error) {
	if err := l.send(); err != nil {
		return 0, err
	}
	return l.Conn.Read(p)
}

func (l *lazy) send() error {
	_, err := l.Conn.Write(l.kept)
	l.kept = l.kept[:0]
	return err
}

// TestTheHandshakeReadsNothingBehindItself: what came with its last message is
// there, also where the network delivers a byte at a time.
func TestTheHandshakeReadsNothingBehindItself(t *testing.T) {
	for name, slow := range map[string]func(io.Reader) io.Reader{"at once": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader} {
		t.Run(name, func(t *testing.T) {
			dialed, accepted := tcp(t)
			relaySettings, bridgeSettings := settings(t)
			late := &lazy{Conn: dialed}
			heard := make(chan error, 1)
			go func() {
				bridge, err := Server(t.Context(), reads{accepted, slow(accepted)}, bridgeSettings)
				if err == nil {
					var got []byte
					if got, err = io.ReadAll(bridge); string(got) != "at once" {
						err = errors.Join(err, errors.New("it reads "+string(got)))
					}
				}
				heard <- err
			}()
			relay, err := Client(t.Context(), late, relaySettings)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(say(relay, []byte("at once"), rand.New(rand.NewPCG(1, 2))), late.send()); err != nil {
				t.Fatal(err)
			}
			if err := <-heard; err != nil {
				t.Error(err)
			}
		})
	}
}

type reads struct {
	net.Conn
	r io.Reader
}

func (r reads) Read(p []byte) (int, error) { return r.r.Read(p) }

// TestWritesWaitForNothingThatWasReserved, for the peer reads nothing.
func TestWritesWaitForNothingThatWasReserved(t *testing.T) {
	relay, bridge, _, _ := pair(t)
	writes := &counting{Conn: relay.raw}
	relay.raw = writes
	const size = 200_000
	for i := range 10 {
		if err := relay.Reserve(size); err != nil {
			t.Fatal(err)
		}
		before := writes.n
		for range size / 8192 {
			if _, err := relay.Write(make([]byte, 8192)); err != nil {
				t.Fatal(err)
			}
		}
		if writes.n != before {
			t.Errorf("round %d wrote to the network", i)
		}
	}
	if writes.n != 9 {
		t.Errorf("%d writes to the network", writes.n)
	}
	if err := relay.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, bridge); err != nil || n != 10*(size/8192)*8192 {
		t.Errorf("read %d, %v", n, err)
	}
	if _, err := relay.Write([]byte("more")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a write behind the end: %v", err)
	}
}

type counting struct {
	net.Conn
	n int
}

func (c *counting) Write(p []byte) (int, error) { c.n++; return c.Conn.Write(p) }

// TestARecordCostsNoMemory of its own.
func TestARecordCostsNoMemory(t *testing.T) {
	relay, bridge, _, _ := pair(t)
	text, room := make([]byte, 40_000), make([]byte, maxPlain)
	move := func() {
		if _, err := relay.Write(text); err != nil {
			t.Fatal(err)
		}
		if err := relay.Flush(); err != nil {
			t.Fatal(err)
		}
		for left := len(text); left > 0; {
			n, err := bridge.Read(room)
			if err != nil {
				t.Fatal(err)
			}
			left -= n
		}
	}
	if n := testing.AllocsPerRun(50, move); n > 0 {
		t.Errorf("three records take %v allocations", n)
	}
}
