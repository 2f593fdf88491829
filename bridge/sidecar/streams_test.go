//go:build linux

package sidecar

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"knelt.dev/bridge/wire"
)

// cutting is a connection that ends after so many bytes either way.
type cutting struct {
	net.Conn
	left atomic.Int64
}

func cutAfter(n int64) func(net.Conn) net.Conn {
	return func(c net.Conn) net.Conn {
		cut := &cutting{Conn: c}
		cut.left.Store(n)
		return cut
	}
}

func (c *cutting) spend(n int) int {
	left := c.left.Add(-int64(n))
	if left > 0 {
		return n
	}
	return max(0, n+int(left))
}

func (c *cutting) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if may := c.spend(n); may < n {
		return may, c.end()
	}
	return n, err
}

func (c *cutting) Write(p []byte) (int, error) {
	if may := c.spend(len(p)); may < len(p) {
		_, _ = c.Conn.Write(p[:may])
		return may, c.end()
	}
	return c.Conn.Write(p)
}

func (c *cutting) end() error {
	_ = c.Close()
	return io.ErrClosedPipe
}

// resumed reads stdout over connections that are cut, until EXIT.
type resumed struct {
	got   []byte
	keeps bool // releases nothing
	exit  bool
}

// visit reads for at most this many frames of DATA, or until a cut.
func (s *resumed) visit(t *testing.T, r *relay, frames int) {
	t.Helper()
	if r.attached.Stdout.Kept > int64(len(s.got)) {
		t.Fatalf("bytes are gone: %+v, %d were read", r.attached.Stdout, len(s.got))
	}
	err := r.trySend(from(wire.Stdout, int64(len(s.got))), from(wire.Stderr, 0))
	for err == nil && frames > 0 && !s.exit {
		var f wire.Frame
		if f, err = r.next(); err != nil {
			break
		}
		s.exit = f.Type == wire.Exit
		if f.Type != wire.Data || f.Stream != wire.Stdout {
			continue
		}
		if f.Offset != int64(len(s.got)) {
			t.Fatalf("DATA at %d, want %d", f.Offset, len(s.got))
		}
		s.got = append(s.got, f.Payload...)
		frames--
		if !s.keeps {
			err = r.trySend(wire.Frame{Type: wire.Release, Stream: wire.Stdout, Offset: int64(len(s.got))})
		}
	}
}

func TestStdoutResumesExactlyWhereverTheConnectionIsCut(t *testing.T) {
	const size = 4000000
	for name, visit := range map[string]func(rnd *rand.Rand) (bytes int64, frames int){
		"behind every frame": func(*rand.Rand) (int64, int) { return 1 << 40, 1 },
		"at random bytes":    func(rnd *rand.Rand) (int64, int) { return rnd.Int64N(200000), 1 << 30 },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPod(t, func(c *Config) { c.Window = 300000 }).launch("out", itoa(size))
			p.attach(1).start("read")
			rnd := rand.New(rand.NewPCG(7, 8))
			s, visits := &resumed{}, 0
			for ; !s.exit; visits++ {
				n, frames := visit(rnd)
				r, err := p.tryAttach(int64(1+visits/3), cutAfter(n))
				if err != nil {
					continue // cut before it attached
				}
				s.visit(t, r, frames)
				r.close()
			}
			t.Logf("%d visits", visits)
			wants(t, "stdout", s.got, 1, 0, size)
		})
	}
}

func TestACutInTheFirstFramesLosesNothing(t *testing.T) {
	p := newPod(t).launch("out", "3000", "hash")
	r := p.attach(1)
	r.start("read")
	r.send(wire.Frame{Type: wire.Data, Payload: []byte("abc")}, wire.Frame{Type: wire.Mark, Offset: 3, Payload: []byte("snapshot")},
		wire.Frame{Type: wire.MarkEnd, Offset: 3, Payload: []byte("{}")})
	r.expect(wire.Marked)
	whole := 0
	for cut := int64(0); cut < 8000; cut += 61 {
		r, err := p.tryAttach(1, cutAfter(cut))
		if err != nil {
			continue
		}
		if a := r.attached; a.Stdin.Accepted != 3 || a.Mark == nil || a.Mark.Offset != 3 {
			t.Fatalf("cut at %d: %+v", cut, a)
		}
		s := &resumed{keeps: true}
		s.visit(t, r, 1)
		if len(s.got) > 0 {
			whole++
		}
		r.close()
	}
	if whole == 0 {
		t.Error("no connection ever got as far as DATA: the cuts are all too early")
	}
}

func TestStdinIsExactWhereverTheConnectionIsCut(t *testing.T) {
	const size = 5000000
	data := make([]byte, size)
	_, _ = (&pattern{seed: 9}).Read(data)
	p := newPod(t).launch("hash")
	p.attach(1).start("write")
	rnd := rand.New(rand.NewPCG(9, 10))
	for accepted, visits := int64(0), 0; accepted < size; visits++ {
		r, err := p.tryAttach(1, cutAfter(rnd.Int64N(300000)))
		if err != nil {
			continue
		}
		if r.attached.Stdin.Accepted < accepted {
			t.Fatalf("%d bytes were accepted, now %d", accepted, r.attached.Stdin.Accepted)
		}
		accepted = r.attached.Stdin.Accepted
		if r.attached.Stdin.Hash != wire.SumOf(data[:accepted]) {
			t.Fatalf("the hash of %d bytes is wrong", accepted)
		}
		r.pour(data, accepted, rnd)
		r.close()
	}
	r := p.attach(1)
	r.send(wire.Frame{Type: wire.End, Offset: size}, from(wire.Stdout, 0), from(wire.Stderr, 0))
	h := sha256.Sum256(data)
	if got, want := r.drain().stdout(), fmt.Sprint(size, " ", hex.EncodeToString(h[:]), " <nil>"); got != want {
		t.Errorf("the connector got %s, want %s", got, want)
	}
}

// pour writes data from at on, within the credit, until the connection is cut.
func (r *relay) pour(data []byte, at int64, rnd *rand.Rand) {
	for credit := at; at < int64(len(data)); {
		for at < credit {
			n := min(1+rnd.Int64N(wire.MaxPayload), credit-at, int64(len(data))-at)
			if n == 0 {
				return
			}
			if r.trySend(wire.Frame{Type: wire.Data, Offset: at, Payload: data[at : at+n]}) != nil {
				return
			}
			at += n
		}
		f, err := r.next()
		if err != nil {
			return
		}
		if f.Type == wire.Credit {
			credit = f.Offset
		}
	}
}

func TestNothingIsSentBeyondTheCredit(t *testing.T) {
	p := newPod(t).launch("out", "1000000", "err", "5000")
	r := p.attach(1)
	r.start("read")
	p.until("all bytes", func() bool { return p.b.out.state().Ended && p.b.err.state().Ended })
	var got bytes.Buffer
	quiet := func(name string) {
		t.Helper()
		for range 20 { // each PONG comes after a round in which DATA could have come
			r.send(wire.Frame{Type: wire.Ping})
			r.expect(wire.Pong)
		}
		if t.Failed() {
			t.Fatal(name)
		}
	}
	quiet("before the first CREDIT")
	for credit := int64(0); credit <= 300000; credit += 99999 {
		f := wire.Frame{Type: wire.Credit, Stream: wire.Stdout, Offset: credit}
		if credit == 0 {
			f = creditFrom(wire.Stdout, 0, 0)
		}
		r.send(f)
		for int64(got.Len()) < credit {
			got.Write(r.expect(wire.Data).Payload)
		}
		quiet(fmt.Sprint("at credit ", credit))
		if int64(got.Len()) != credit {
			t.Fatalf("%d bytes with a credit of %d", got.Len(), credit)
		}
	}
	r.send(wire.Frame{Type: wire.Credit, Stream: wire.Stdout, Offset: 5}) // a lower one takes nothing back
	quiet("after a lower credit")
	wants(t, "stdout", got.Bytes(), 1, 0, 299997)
}

func TestSlowStderrDoesNotStopStdoutAndItsOldestGo(t *testing.T) {
	p := newPod(t).launch("err", "5000000", "out", "3000000", "exit", "0")
	r := p.attach(1)
	r.start("read")
	r.send(from(wire.Stdout, 0)) // and nothing of stderr
	n := 0
	for n < 3000000 {
		n += len(r.expect(wire.Data).Payload)
	}
	r.expect(wire.End)
	p.until("the exit", func() bool { p.b.mu.Lock(); defer p.b.mu.Unlock(); return p.b.state == wire.Exited })
	kept := p.b.err.state()
	if kept.Produced != 5000000 || kept.Produced-kept.Kept != 1<<20 {
		t.Errorf("kept of stderr: %+v", kept)
	}
	r.send(from(wire.Stderr, 0))
	e := r.drain()
	if e.from[wire.Stderr] != kept.Kept {
		t.Errorf("stderr goes on at %d, want %d", e.from[wire.Stderr], kept.Kept)
	}
	wants(t, "stderr", e.out[wire.Stderr].Bytes(), 2, kept.Kept, 1<<20)
}

func TestAFullWindowBlocksTheConnectorUntilRelease(t *testing.T) {
	const window, size = 500000, 6000000
	p := newPod(t, func(c *Config) { c.Window = window }).launch("out", itoa(size))
	r := p.attach(1)
	r.start("read")
	p.until("a full window", func() bool { return p.b.out.state().Produced == window })
	r.send(from(wire.Stdout, 0), from(wire.Stderr, 0))
	var got bytes.Buffer
	for got.Len() < window {
		got.Write(r.expect(wire.Data).Payload)
	}
	time.Sleep(50 * time.Millisecond)
	if s := p.b.out.state(); s.Produced != window || s.Kept != 0 {
		t.Fatalf("without RELEASE the window is %+v", s)
	}
	for got.Len() < size {
		r.send(wire.Frame{Type: wire.Release, Stream: wire.Stdout, Offset: int64(got.Len())})
		got.Write(r.stdout())
		if s := p.b.out.state(); s.Produced-s.Kept > window {
			t.Fatalf("more than the window is kept: %+v", s)
		}
	}
	wants(t, "stdout", got.Bytes(), 1, 0, size)
	if e := r.drain(); e.exit.Code != 0 {
		t.Errorf("exit %+v", e.exit)
	}
}

func TestTheLastBytesOfAConnectorThatEndedWaitForARelay(t *testing.T) {
	const window, size = 100000, 900000 // the rest is in the FIFO when it ends
	p := newPod(t, func(c *Config) { c.Window, c.Linger = window, 50*time.Millisecond }).launch("out", itoa(size))
	p.attach(1).start("read")
	p.until("the exit", func() bool { p.b.mu.Lock(); defer p.b.mu.Unlock(); return p.b.exit != nil })
	time.Sleep(200 * time.Millisecond) // longer than who outlives it may linger
	s := &resumed{}
	for !s.exit {
		s.visit(t, p.attach(2), 1<<30)
	}
	wants(t, "stdout", s.got, 1, 0, size)
}
