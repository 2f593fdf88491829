package client_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"knelt.dev/bridge/client"
	"knelt.dev/bridge/wire"
)

// toy is a relay whose output is a pure function of its snapshot and the
// source's bytes, however they are cut: some bytes are doubled, all are changed.
type toy struct{ count int64 }

func (y *toy) feed(out, in []byte) []byte {
	for _, b := range in {
		y.count++
		b ^= byte(y.count >> 3)
		if out = append(out, b); y.count%7 == 0 {
			out = append(out, b)
		}
	}
	return out
}

func (y *toy) snapshot() []byte { return binary.BigEndian.AppendUint64(nil, uint64(y.count)) }

func (y *toy) restore(b []byte) {
	if len(b) > 0 {
		y.count = int64(binary.BigEndian.Uint64(b))
	}
}

// mortal is a network that dies with its relay: connections are cut, none
// follow.
type mortal struct {
	mu    sync.Mutex
	conns []net.Conn
	dead  bool
}

var errDead = errors.New("this relay was killed")

func (m *mortal) dial(ctx context.Context, addr string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead && err == nil {
		_ = conn.Close()
		return nil, errDead
	}
	m.conns = append(m.conns, conn)
	return conn, err
}

func (m *mortal) kill() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = true
	for _, c := range m.conns {
		_ = c.Close()
	}
}

// end is how a relay's life ends.
type end int

const (
	finishes end = iota // it relays all there is
	detaches
	killed
	superseded // it goes on while the next one attaches
)

// plan is a relay's life: how much it reads at once, after how many reads it
// marks, and when and how it ends.
type plan struct {
	read, markEvery, reads int
	end                    end
	cut                    int // cut the connections after every so many reads; 0: never
}

// life is a relay between two bridges.
type life struct {
	t        testing.TB
	plan     plan
	network  *mortal
	src, dst *client.Run
	toy      toy
	at       int64 // in the source's stdout
}

func newLife(t testing.TB, p plan, epoch int64, source, destination string) *life {
	l := &life{t: t, plan: p, network: &mortal{}}
	l.dst, l.src = l.attach(destination, epoch), l.attach(source, epoch)
	mark, snapshot, _ := l.dst.Resume()
	if mark != nil {
		l.at = mark.Source
		l.toy.restore(snapshot)
	}
	if err := l.src.ReadFrom(l.at); err != nil {
		t.Fatal(err)
	}
	l.dst.OnMarked(func(m wire.MarkPayload) { l.src.ReleaseStdout(m.Source) })
	return l
}

func (l *life) attach(addr string, epoch int64) *client.Run {
	cfg := config(addr, epoch)
	cfg.Resumable, cfg.Dial, cfg.GiveUp, cfg.StdoutWindow = true, l.network.dial, time.Minute, 40_000
	run, err := client.Attach(context.Background(), cfg)
	if err != nil {
		l.t.Fatal(err)
	}
	return run
}

// live relays until its end and tells whether all was relayed.
func (l *life) live() (bool, error) {
	in, out := make([]byte, l.plan.read), []byte(nil)
	for i := 1; l.plan.end == finishes || i <= l.plan.reads; i++ {
		n, err := l.src.Stdout().Read(in)
		if errors.Is(err, io.EOF) {
			return true, l.dst.Stdin().Close()
		}
		if err != nil {
			return false, err
		}
		l.at += int64(n)
		out = l.toy.feed(out[:0], in[:n])
		if _, err := l.dst.Stdin().Write(out); err != nil {
			return false, err
		}
		if err := l.sometimes(i); err != nil {
			return false, err
		}
	}
	return false, nil
}

func (l *life) sometimes(i int) error {
	if l.plan.cut > 0 && i%l.plan.cut == 0 {
		l.network.cut()
	}
	if i%l.plan.markEvery != 0 {
		return nil
	}
	if err := l.dst.Mark(wire.MarkPayload{Source: l.at, Version: 1}, l.toy.snapshot()); !errors.Is(err, client.ErrBehind) {
		return err
	}
	return nil
}

func (m *mortal) cut() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.conns {
		_ = c.Close()
	}
	m.conns = nil
}

// leave detaches from both bridges, at once where it was killed.
func (l *life) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for _, run := range []*client.Run{l.src, l.dst} {
		if err := run.Detach(ctx); err != nil && l.plan.end != killed && l.plan.end != superseded && l.plan.cut == 0 {
			l.t.Errorf("detaching: %v", err)
		}
	}
}
