package client_test

import (
	"fmt"
	"net"

	"knelt.dev/bridge/wire"
)

// fakeConn is one connection of a fakeBridge. All but b, raw, r and w is guarded
// by b.mu.
type fakeConn struct {
	b   *fakeBridge
	raw net.Conn
	r   *wire.Reader
	w   *wire.Writer

	gone, last   bool // over; over after what is queued
	queue        []wire.Frame
	sent, credit [3]int64
	saidEnd      [3]bool
	saidExit     bool
	saidLaunched bool
	stdinCredit  int64
	announced    []wire.FilePayload
	files        map[string][]byte
	start        wire.StartPayload
	pieces       []byte
}

// greet answers the ATTACH.
func (c *fakeConn) greet() error {
	f, err := c.r.Next()
	if err != nil {
		return err
	}
	var attach wire.AttachPayload
	if err := wire.Decode(f, &attach); err != nil || f.Type != wire.Attach {
		return fmt.Errorf("not ATTACH: %v", f.Type)
	}
	b := c.b
	b.mu.Lock()
	defer b.mu.Unlock()
	if attach.Epoch < b.epoch && b.refuse == nil {
		return c.reply(wire.Refused, wire.RefusedPayload{Code: wire.RefusedEpoch, Message: "older", Epoch: b.epoch})
	}
	if b.refuse != nil {
		return c.reply(wire.Refused, *b.refuse)
	}
	b.epoch = attach.Epoch
	if old := b.current; old != nil {
		old.gone = true
		old.raw.Close() //nolint:errcheck // a connection that is cut on purpose
	}
	b.current = c
	b.attachs++
	c.stdinCredit = int64(len(b.stdin))
	if err := c.reply(wire.Attached, b.attached()); err != nil {
		return err
	}
	for at := 0; at < len(b.snapshot); at += wire.MaxPayload {
		c.queue = append(c.queue, wire.Frame{Type: wire.Snapshot, Offset: int64(at), Payload: b.snapshot[at:min(len(b.snapshot), at+wire.MaxPayload)]})
	}
	b.changed.Broadcast()
	return nil
}

// reply writes one JSON frame at once; the connection is new, so it has room.
func (c *fakeConn) reply(t wire.Type, v any) error {
	if err := c.w.WriteJSON(t, 0, 0, v); err != nil {
		return err
	}
	if err := c.w.Flush(); err != nil {
		return err
	}
	if t == wire.Refused {
		return errOver
	}
	return nil
}

// write sends what there is to send until the connection is over.
func (c *fakeConn) write() {
	for {
		f, more := c.next()
		if !more || c.b.cutOut(f) {
			return
		}
		if c.w.Write(f) != nil || c.w.Flush() != nil {
			return
		}
	}
}

func (b *fakeBridge) cutOut(f wire.Frame) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.cut != nil && b.cut(false, f)
}

func (c *fakeConn) next() (wire.Frame, bool) {
	b := c.b
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		if len(c.queue) > 0 && (!c.gone || c.last) {
			f := c.queue[0]
			c.queue = c.queue[1:]
			return f, true
		}
		if c.gone || c.last {
			return wire.Frame{}, false
		}
		if f, ok := c.pending(); ok {
			b.changed.Broadcast()
			return f, true
		}
		b.changed.Wait()
	}
}

// pending is the next frame that the bridge's state asks for.
func (c *fakeConn) pending() (wire.Frame, bool) {
	b := c.b
	if b.launched && !c.saidLaunched {
		c.saidLaunched = true
		return wire.Frame{Type: wire.Launched}, true
	}
	if limit := b.consumed + 1<<20; !b.deaf && b.state == wire.Running && limit > c.stdinCredit && limit <= int64(len(b.stdin))+1<<20 {
		c.stdinCredit = limit
		return wire.Frame{Type: wire.Credit, Offset: limit}, true
	}
	if b.deaf && !c.saidEnd[0] {
		c.saidEnd[0] = true
		return wire.Frame{Type: wire.End, Offset: int64(len(b.stdin))}, true
	}
	for s := wire.Stdout; s <= wire.Stderr; s++ {
		if f, ok := c.output(s); ok {
			return f, true
		}
	}
	if b.exit != nil && c.saidEnd[1] && c.saidEnd[2] && !c.saidExit {
		c.saidExit = true
		text, err := wire.Encode(*b.exit)
		return wire.Frame{Type: wire.Exit, Payload: text}, err == nil
	}
	return wire.Frame{}, false
}

func (c *fakeConn) output(s wire.Stream) (wire.Frame, bool) {
	o := &c.b.out[s]
	if c.credit[s] == 0 && c.sent[s] == 0 && !c.opened(s) || c.saidEnd[s] {
		return wire.Frame{}, false
	}
	if s == wire.Stderr && o.kept > c.sent[s] {
		c.sent[s] = o.kept
	}
	if until := min(int64(len(o.data)), c.credit[s], c.sent[s]+wire.BestPayload); until > c.sent[s] {
		f := wire.Frame{Type: wire.Data, Stream: s, Offset: c.sent[s], Payload: o.data[c.sent[s]:until]}
		c.sent[s] = until
		return f, true
	}
	if o.ended && c.sent[s] == int64(len(o.data)) {
		c.saidEnd[s] = true
		return wire.Frame{Type: wire.End, Stream: s, Offset: c.sent[s]}, true
	}
	return wire.Frame{}, false
}

func (c *fakeConn) opened(s wire.Stream) bool { return c.credit[s] > 0 }
