package client

import (
	"fmt"

	"knelt.dev/bridge/wire"
)

// What an outlet says to and hears of its connection. All of it is called with
// run.mu held.

// attached compares what the bridge keeps with what is wanted of it.
func (o *outlet) attached(s wire.OutputState, first bool) error {
	o.opened, o.granted, o.freed = false, 0, 0
	switch {
	case first:
		o.received = s.Kept
	case s.Produced < o.received:
		return fmt.Errorf("its %s has only %d bytes, and %d came before", o.stream, s.Produced, o.received)
	case s.Kept > o.received:
		return o.skip(s.Kept)
	}
	return nil
}

// startAt sets where to read from, before anything was read.
func (o *outlet) startAt(offset int64, s wire.OutputState) error {
	switch {
	case o.wanted:
		return fmt.Errorf("%s is being read already: the offset to start at comes first", o.stream)
	case offset < s.Kept || offset > s.Produced:
		return fmt.Errorf("reading %s from offset %d: %w (it has %d to %d)", o.stream, offset, ErrNotKept, s.Kept, s.Produced)
	}
	o.received = offset
	return nil
}

// skip notes that bytes are gone that nobody has read. Only stderr may lose any.
func (o *outlet) skip(to int64) error {
	if !o.lossy() {
		return fmt.Errorf("bytes %d to %d of %s: %w", o.received, to, o.stream, ErrNotKept)
	}
	o.lose(to - o.received)
	o.received = to
	return nil
}

// lossy tells that bytes may be dropped rather than stop the connector.
func (o *outlet) lossy() bool { return o.stream == wire.Stderr }

// lose counts bytes that are missing, and tells of the first.
func (o *outlet) lose(n int64) {
	if o.missing == 0 {
		o.run.cfg.Log.Warn("bytes of a connector's stderr are missing: the relay or the network was slower than the connector",
			"bridge", o.run.cfg.Addr, "offset", o.received, "bytes", n)
	}
	o.missing += n
}

// noBound is the credit of stderr, see docs/bridge-protocol.md.
const noBound = 1 << 62

// creditDue tells whether a CREDIT is worth sending: there is one to begin
// with, then one for each quarter of the window.
func (o *outlet) creditDue() bool {
	switch {
	case !o.opened:
		return o.wanted
	case o.end >= 0 || o.lossy():
		return false
	}
	return o.limit()-o.granted >= int64(o.window/4)
}

// limit is the offset up to which there is room.
func (o *outlet) limit() int64 {
	if o.lossy() {
		return noBound
	}
	return o.received + int64(o.window-o.size)
}

// releaseDue tells whether a RELEASE is worth sending. What is released because
// it was read goes with the credits.
func (o *outlet) releaseDue() bool {
	if !o.auto {
		return o.release > o.freed
	}
	return o.release-o.freed >= int64(o.window/4)
}

// say adds what there is to say.
func (o *outlet) say(frames []wire.Frame) []wire.Frame {
	if o.creditDue() {
		f := wire.Frame{Type: wire.Credit, Stream: o.stream, Offset: o.limit()}
		if !o.opened {
			f.Payload = fmt.Appendf(nil, `{"from":%d}`, o.received)
		}
		o.opened, o.granted = true, f.Offset
		frames = append(frames, f)
	}
	if o.releaseDue() {
		frames = o.sayRelease(frames)
	}
	return frames
}

// sayRelease releases all that may be.
func (o *outlet) sayRelease(frames []wire.Frame) []wire.Frame {
	if o.release <= o.freed {
		return frames
	}
	o.freed = o.release
	return append(frames, wire.Frame{Type: wire.Release, Stream: o.stream, Offset: o.release})
}

// admit judges a DATA frame's place.
func (o *outlet) admit(f wire.Frame, length int) error {
	if f.Offset > o.received {
		if err := o.skip(f.Offset); err != nil {
			return err
		}
	}
	switch end := f.Offset + int64(length); {
	case o.end >= 0:
		return fmt.Errorf("DATA of %s behind its END", o.stream)
	case f.Offset != o.received:
		return fmt.Errorf("DATA of %s at offset %d instead of %d", o.stream, f.Offset, o.received)
	case !o.opened || end > o.granted:
		return fmt.Errorf("DATA of %s up to %d, beyond its credit of %d", o.stream, end, o.granted)
	}
	return nil
}

// finish takes the END of the stream.
func (o *outlet) finish(offset int64) error {
	if offset > o.received && o.lossy() {
		o.lose(offset - o.received)
		o.received = offset
	}
	if offset != o.received || o.end >= 0 && o.end != offset {
		return fmt.Errorf("END of %s at offset %d instead of %d", o.stream, offset, o.received)
	}
	o.end = offset
	o.ready.Signal()
	return nil
}
