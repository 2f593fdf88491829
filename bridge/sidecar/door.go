package sidecar

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"

	"knelt.dev/bridge/record"
	"knelt.dev/bridge/secure"
	"knelt.dev/pkg/rawio"
)

// maxStrangers is how many connections may be between TCP and ATTACH at once.
// One more pushes out the oldest: a relay needs milliseconds, and who holds a
// place for longer is not one.
const maxStrangers = 8

// door lets relays in.
type door struct {
	b        *Sidecar
	l        net.Listener
	refusals refusals

	mu        sync.Mutex
	strangers []net.Conn // oldest first
	closed    bool
	visits    sync.WaitGroup
}

func newDoor(b *Sidecar, l net.Listener) *door {
	return &door{b: b, l: l, refusals: refusals{log: b.c.Log}}
}

// run accepts until close, and returns when all visits have ended.
func (d *door) run(ctx context.Context) {
	settings, err := secure.BridgeConfig(d.b.c.Seed)
	if err != nil {
		d.b.end(err)
		return
	}
	for {
		conn, err := d.l.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			d.visits.Wait()
			return
		case err != nil:
			d.b.c.Log.Warn("a connection cannot be accepted", "error", err)
			time.Sleep(50 * time.Millisecond) // out of descriptors, perhaps
		case d.admit(conn):
			d.visits.Go(func() { d.visit(ctx, conn, settings) })
		}
	}
}

// visit is a connection from its TCP handshake to its end.
func (d *door) visit(ctx context.Context, raw net.Conn, settings *tls.Config) {
	defer raw.Close() //nolint:errcheck // nothing is left to be said
	s, err := d.greet(ctx, raw, settings)
	d.leave(raw)
	if err != nil {
		d.refusals.add(raw.RemoteAddr(), err)
		return
	}
	d.b.serve(ctx, s)
}

// greet shakes hands and takes the ATTACH, within the time for both.
func (d *door) greet(ctx context.Context, raw net.Conn, settings *tls.Config) (*session, error) {
	if err := raw.SetDeadline(time.Now().Add(d.b.c.Greeting)); err != nil {
		return nil, err
	}
	conn, err := record.Server(ctx, rawio.Conn(raw), settings)
	if err != nil {
		return nil, err
	}
	s := newSession(d.b, raw, conn)
	if err := s.greet(ctx); err != nil {
		s.discard()
		return nil, err
	}
	if err := raw.SetDeadline(time.Time{}); err != nil {
		s.discard()
		return nil, err
	}
	return s, nil
}

// admit gives a stranger a place, the oldest's if there is none.
func (d *door) admit(conn net.Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		_ = conn.Close()
		return false
	}
	if len(d.strangers) == maxStrangers {
		_ = d.strangers[0].Close()
		d.strangers = d.strangers[1:]
	}
	d.strangers = append(d.strangers, conn)
	return true
}

// leave frees the place.
func (d *door) leave(conn net.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, c := range d.strangers {
		if c == conn {
			d.strangers = append(d.strangers[:i:i], d.strangers[i+1:]...)
			return
		}
	}
}

// close ends the accepting and the strangers.
func (d *door) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	_ = d.l.Close() // Accept tells
	for _, c := range d.strangers {
		_ = c.Close()
	}
}
