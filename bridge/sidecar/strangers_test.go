//go:build linux

package sidecar

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"knelt.dev/bridge/secure"
	"knelt.dev/bridge/wire"
)

func (p *pod) tcp() net.Conn {
	p.t.Helper()
	c, err := net.DialTimeout("tcp", p.addr, patience)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		p.t.Fatal(err)
	}
	return c
}

// hungUp waits until the bridge has ended a connection.
func hungUp(t *testing.T, c net.Conn) {
	t.Helper()
	if _, err := io.Copy(io.Discard, c); err != nil {
		var late net.Error
		if errors.As(err, &late) && late.Timeout() {
			t.Error("the connection was not ended")
		}
	}
}

func TestStrangersAreRefusedLoggedOnceAndTakeNoMemory(t *testing.T) {
	p := newPod(t)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range 100 {
		c := p.tcp()
		b := make([]byte, 20000)
		_, _ = rand.Read(b)
		_, _ = c.Write(b) // the bridge may have hung up
		hungUp(t, c)
	}
	for range 20 {
		other, err := secure.NewSyncSeed().Pod(secure.Source)
		if err != nil {
			t.Fatal(err)
		}
		settings, err := secure.RelayConfig(other)
		if err != nil {
			t.Fatal(err)
		}
		settings.VerifyConnection = nil
		c := tls.Client(p.tcp(), settings)
		_, _ = c.Write([]byte("x")) // likewise
		hungUp(t, c)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 8<<20 {
		t.Errorf("120 refused connections left %d bytes on the heap", grown)
	}
	if n := strings.Count(p.log.String(), "was refused"); n != 1 {
		t.Errorf("%d lines in the log, want 1:\n%s", n, p.log.String())
	}
	p.attach(1)
}

func TestSlowStrangersDoNotKeepARelayOut(t *testing.T) {
	p := newPod(t)
	var loris []net.Conn
	for range 5 * maxStrangers {
		c := p.tcp()
		_, _ = c.Write([]byte{0x16, 0x03}) // the beginning of a handshake, and nothing more
		loris = append(loris, c)
	}
	p.attach(1)
	for _, c := range loris[:4*maxStrangers-1] {
		hungUp(t, c) // pushed out by those who came later
	}
}

func TestAConnectionWithoutAttachIsEndedInTime(t *testing.T) {
	p := newPod(t, func(c *Config) { c.Greeting = 200 * time.Millisecond })
	silent := p.tcp()
	r, err := p.dial(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	if err := r.conn.Handshake(); err != nil {
		t.Fatal(err)
	}
	hungUp(t, silent)
	hungUp(t, r.conn)
	old := p.attach(1) // its own time does not end with the greeting's
	time.Sleep(400 * time.Millisecond)
	old.send(wire.Frame{Type: wire.Ping})
	if err := old.reply(); err != nil {
		t.Errorf("an attached relay was cut: %v", err)
	}
}

func TestAHugeFrameIsRefusedByItsLength(t *testing.T) {
	p := newPod(t)
	for name, attach := range map[string]bool{"instead of ATTACH": false, "later": true} {
		r, err := p.dial(nil)
		if err != nil {
			t.Fatal(err)
		}
		if attach {
			if r, err = p.tryAttach(1, nil); err != nil {
				t.Fatal(err)
			}
		}
		h := make([]byte, wire.HeaderSize)
		h[0] = byte(wire.Data)
		binary.BigEndian.PutUint32(h[4:], 1<<30)
		if _, err := r.conn.Write(h); err != nil {
			t.Fatal(err)
		}
		hungUp(t, r.conn) // without one byte of the payload
		r.close()
		if p.b.current.Load() != nil && !attach {
			t.Errorf("%s: it is attached", name)
		}
	}
	p.attach(1)
}

func TestARefusalIsLoggedOncePerAddressAndMinute(t *testing.T) {
	var log logged
	r := refusals{log: slog.New(slog.NewTextHandler(&log, nil))}
	now := time.Now()
	for minute := range 3 {
		for i := range 100 {
			if first := r.first("10.0.0.1", now.Add(time.Duration(minute)*time.Minute)); first != (i == 0) {
				t.Fatalf("minute %d, refusal %d: logged %v", minute, i, first)
			}
		}
	}
	lines := 0
	for i := range 100000 { // an IPv6 stranger has many addresses
		if r.first("fd00::"+itoa(i), now.Add(time.Hour)) {
			lines++
		}
	}
	if lines > maxAddresses+1 || len(r.seen) > maxAddresses+1 {
		t.Errorf("%d lines, %d addresses remembered", lines, len(r.seen))
	}
}

// taped keeps what is written to a connection.
type taped struct {
	net.Conn
	sent []byte
}

func (c *taped) Write(b []byte) (int, error) {
	c.sent = append(c.sent, b...)
	return c.Conn.Write(b)
}

// TestAReplayedConnectionIsRefused: all that a relay has sent, from its handshake
// on, comes again from somebody who has only listened.
func TestAReplayedConnectionIsRefused(t *testing.T) {
	p := newPod(t)
	tape := &taped{}
	r, err := p.tryAttach(3, func(c net.Conn) net.Conn { tape.Conn = c; return tape })
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	for range 50 {
		c := p.tcp()
		_, _ = c.Write(tape.sent) // the bridge may have hung up
		hungUp(t, c)
	}
	r.send(wire.Frame{Type: wire.Ping, Offset: 9})
	if err := r.reply(); err != nil {
		t.Errorf("the relay was cut: %v", err)
	}
	if n := strings.Count(p.log.String(), "was refused"); n != 1 {
		t.Errorf("%d lines in the log, want 1:\n%s", n, p.log.String())
	}
}

// TestAStrangerWhoTricklesIsEndedInTime, too: it is not silence that counts.
func TestAStrangerWhoTricklesIsEndedInTime(t *testing.T) {
	p := newPod(t, func(c *Config) { c.Greeting = 300 * time.Millisecond })
	tape := &taped{}
	r, err := p.tryAttach(1, func(c net.Conn) net.Conn { tape.Conn = c; return tape })
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	c, began, ended := p.tcp(), time.Now(), false
	for i := 0; i < len(tape.sent) && !ended; i++ {
		_, err := c.Write(tape.sent[i : i+1])
		ended = err != nil
		time.Sleep(10 * time.Millisecond)
	}
	if took := time.Since(began); !ended || took < 300*time.Millisecond {
		t.Errorf("ended %v, after %s", ended, took)
	}
}

// TestHugeFramesTakeNoMemory: a gigabyte is announced again and again by a relay
// that may attach.
func TestHugeFramesTakeNoMemory(t *testing.T) {
	p := newPod(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 50 {
		r, err := p.tryAttach(1, nil)
		if err != nil {
			t.Fatal(err)
		}
		h := make([]byte, wire.HeaderSize)
		h[0] = byte(wire.Data)
		binary.BigEndian.PutUint32(h[4:], 1<<30)
		if _, err := r.conn.Write(h); err != nil {
			t.Fatal(err)
		}
		hungUp(t, r.conn)
		r.close()
	}
	runtime.ReadMemStats(&after)
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 64<<20 {
		t.Errorf("50 announced gigabytes had %d bytes allocated", allocated)
	}
}
