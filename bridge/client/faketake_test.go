package client_test

import (
	"fmt"

	"knelt.dev/bridge/wire"
)

// take acts on a frame of the relay; an error cuts the connection.
func (c *fakeConn) take(f wire.Frame) error {
	b := c.b
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.changed.Broadcast()
	if c.gone || b.cut != nil && b.cut(true, f) {
		return errOver
	}
	if !f.SentBy(wire.Relay) {
		b.t.Errorf("the relay sends %s of %s", f.Type, f.Stream)
		return errOver
	}
	err := c.act(f)
	if err != nil && err != errOver { //nolint:errorlint // it is never wrapped
		b.t.Errorf("the relay's frame %s at %d: %v", f.Type, f.Offset, err)
	}
	return err
}

func (c *fakeConn) act(f wire.Frame) error {
	b := c.b
	switch f.Type {
	case wire.Start:
		return c.takeStart(f)
	case wire.File:
		return c.takeFile(f)
	case wire.Data, wire.End, wire.Mark, wire.MarkEnd:
		return c.takeStdin(f)
	case wire.Credit:
		return c.takeCredit(f)
	case wire.Release:
		o := &b.out[f.Stream]
		if f.Offset > int64(len(o.data)) {
			return fmt.Errorf("RELEASE beyond what was produced")
		}
		o.kept = max(o.kept, f.Offset)
	case wire.Terminate:
		var p wire.TerminatePayload
		if err := wire.Decode(f, &p); err != nil {
			return err
		}
		b.graces = append(b.graces, p.GraceMillis)
	case wire.Ping:
		c.queue = append(c.queue, wire.Frame{Type: wire.Pong, Offset: f.Offset})
	case wire.Done:
		b.done = true
		c.last = true
		return errOver
	case wire.Detach:
		b.detached++
		c.queue, c.last = append(c.queue, wire.Frame{Type: wire.Detached}), true
		return errOver
	case wire.Pong:
	default:
		return fmt.Errorf("unexpected")
	}
	return nil
}

func (c *fakeConn) takeStart(f wire.Frame) error {
	if c.b.state != wire.Waiting || c.announced != nil {
		return fmt.Errorf("START of a connector that was started")
	}
	if err := wire.Decode(f, &c.start); err != nil {
		return err
	}
	c.announced, c.files = c.start.Files, map[string][]byte{}
	c.checkStarted()
	return nil
}

func (c *fakeConn) takeFile(f wire.Frame) error {
	for _, file := range c.announced {
		if have := int64(len(c.files[file.Name])); have < file.Size {
			if f.Offset != have || have+int64(len(f.Payload)) > file.Size {
				return fmt.Errorf("a piece of %s at the wrong place", file.Name)
			}
			c.files[file.Name] = append(c.files[file.Name], f.Payload...)
			c.checkStarted()
			return nil
		}
	}
	return fmt.Errorf("FILE that was not announced")
}

func (c *fakeConn) checkStarted() {
	for _, file := range c.announced {
		if int64(len(c.files[file.Name])) < file.Size {
			return
		}
	}
	c.b.start, c.b.files = c.start, c.files
	if c.b.state == wire.Waiting {
		c.b.state = wire.Running
	}
}

func (c *fakeConn) takeStdin(f wire.Frame) error {
	b := c.b
	if at := int64(len(b.stdin)); f.Offset != at {
		return fmt.Errorf("not at %d", at)
	}
	switch f.Type {
	case wire.Data:
		if b.ended || f.Offset+int64(len(f.Payload)) > c.stdinCredit {
			return fmt.Errorf("beyond END or the credit of %d", c.stdinCredit)
		}
		b.accept(f.Payload)
	case wire.End:
		b.ended = true
	case wire.Mark:
		c.pieces = append(c.pieces, f.Payload...)
	case wire.MarkEnd:
		var m wire.MarkPayload
		if err := wire.Decode(f, &m); err != nil {
			return err
		}
		m.Offset, m.Snapshot = f.Offset, int64(len(c.pieces))
		b.mark, b.snapshot, c.pieces, b.hash = &m, c.pieces, nil, wire.NewSum()
		b.marks++
		c.queue = append(c.queue, wire.Frame{Type: wire.Marked, Offset: f.Offset})
	}
	return nil
}

func (b *fakeBridge) accept(p []byte) {
	b.stdin = append(b.stdin, p...)
	_, _ = b.hash.Write(p) // a hash never fails
	if b.eager {
		b.consumed = int64(len(b.stdin))
	}
	if b.echo {
		b.out[wire.Stdout].data = append(b.out[wire.Stdout].data, p...)
	}
}

func (c *fakeConn) takeCredit(f wire.Frame) error {
	if c.credit[f.Stream] == 0 {
		var from wire.FromPayload
		if err := wire.Decode(f, &from); err != nil {
			return err
		}
		o := c.b.out[f.Stream]
		if from.From > int64(len(o.data)) || f.Stream == wire.Stdout && from.From < o.kept {
			return fmt.Errorf("wants %s from %d, and %d to %d is kept", f.Stream, from.From, o.kept, len(o.data))
		}
		c.sent[f.Stream] = from.From
	}
	c.credit[f.Stream] = f.Offset
	return nil
}
