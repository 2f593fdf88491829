package client

import (
	"fmt"
	"slices"

	"knelt.dev/bridge/wire"
)

// What the inlet says to and hears of its connection. All of it is called with
// run.mu held.

// attached begins, or goes on behind what the bridge has accepted meanwhile. It
// returns the marks that the bridge turns out to remember.
func (in *inlet) attached(a *wire.AttachedPayload, first bool) ([]wire.MarkPayload, error) {
	accepted := a.Stdin.Accepted
	in.credit, in.said, in.ended = accepted, 0, a.Stdin.Ended
	if first {
		return nil, in.begin(a)
	}
	if accepted < in.base || accepted > in.high {
		return nil, fmt.Errorf("it has accepted %d bytes of stdin, and must have between %d and %d", accepted, in.base, in.high)
	}
	in.base, in.sent = accepted, accepted
	remembered := in.remembered(a.Mark)
	for _, m := range in.marks {
		m.piece = 0
		if m.Offset < accepted {
			return nil, fmt.Errorf("it has accepted %d bytes of stdin and not the mark at %d", accepted, m.Offset)
		}
	}
	in.room.Broadcast()
	return remembered, nil
}

// begin takes over from a predecessor, or starts anew.
func (in *inlet) begin(a *wire.AttachedPayload) error {
	from, to := int64(0), a.Stdin.Accepted
	if a.Mark != nil {
		from = a.Mark.Offset
	}
	if to < from {
		return fmt.Errorf("it has accepted %d bytes of stdin, and its mark is at %d", to, from)
	}
	in.base, in.sent, in.high, in.written = to, to, to, from
	in.replay = newReplay(from, to, a.Stdin.Hash, a.Stdin.Ended)
	if from < to {
		return nil
	}
	in.err = in.replay.verdict()
	if !in.replay.ended {
		in.replay = nil
	}
	return nil
}

// remembered takes the marks up to the one that the bridge remembers off the
// queue. If it is none of them it is an older one.
func (in *inlet) remembered(known *wire.MarkPayload) []wire.MarkPayload {
	if known == nil {
		return nil
	}
	at := slices.IndexFunc(in.marks, func(m *mark) bool { return m.MarkPayload == *known })
	return in.confirm(at + 1)
}

// confirm takes the first n marks off the queue.
func (in *inlet) confirm(n int) []wire.MarkPayload {
	var confirmed []wire.MarkPayload
	for _, m := range in.marks[:n] {
		confirmed = append(confirmed, m.MarkPayload)
	}
	in.marks = slices.Delete(in.marks, 0, n)
	in.said = max(0, in.said-n)
	if n > 0 {
		in.room.Broadcast()
	}
	return confirmed
}

// marked takes a MARKED frame.
func (in *inlet) marked(offset int64) ([]wire.MarkPayload, error) {
	if in.said == 0 || in.marks[0].Offset != offset {
		return nil, fmt.Errorf("MARKED at offset %d, where no mark waits for it", offset)
	}
	return in.confirm(1), nil
}

// granted takes a CREDIT frame: what lies a window before it is accepted.
func (in *inlet) granted(limit int64) error {
	accepted := limit - stdinWindow
	if limit < in.credit || accepted > in.sent {
		return fmt.Errorf("CREDIT of stdin up to %d, after one up to %d and with %d bytes sent", limit, in.credit, in.sent)
	}
	in.credit = limit
	if accepted > in.base {
		in.base = accepted
		in.room.Broadcast()
	}
	return nil
}

// say adds the next frame of stdin: a piece of a mark, bytes up to the next
// mark, or the END. Its payload stays as it is until the bridge has accepted it.
func (in *inlet) say(frames []wire.Frame) []wire.Frame {
	if in.gone || in.err != nil || in.replay != nil && !in.replay.ended {
		return frames
	}
	until := min(in.written, in.credit)
	if in.said < len(in.marks) {
		m := in.marks[in.said]
		if m.Offset == in.sent && (in.ended || !m.afterEnd) {
			return in.sayMark(frames, m)
		}
		until = min(until, m.Offset)
	}
	switch {
	case in.sent < until:
		return in.sayData(frames, until)
	case in.closed && !in.ended && in.sent == in.written:
		in.ended = true
		return append(frames, wire.Frame{Type: wire.End, Stream: wire.Stdin, Offset: in.sent})
	}
	return frames
}

func (in *inlet) sayData(frames []wire.Frame, until int64) []wire.Frame {
	at := int(in.sent % int64(len(in.ring)))
	n := min(int(until-in.sent), wire.BestPayload, len(in.ring)-at)
	frames = append(frames, wire.Frame{Type: wire.Data, Stream: wire.Stdin, Offset: in.sent, Payload: in.ring[at : at+n]})
	in.sent += int64(n)
	in.high = max(in.high, in.sent)
	return frames
}
