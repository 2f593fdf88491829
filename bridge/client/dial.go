package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"knelt.dev/bridge/record"
	"knelt.dev/bridge/wire"
	"knelt.dev/pkg/rawio"
)

const (
	// attachTime bounds one try from dialing to ATTACHED with its snapshot.
	attachTime = 10 * time.Second
	// firstWait and longestWait are the waits between tries.
	firstWait   = 50 * time.Millisecond
	longestWait = 2 * time.Second
	// maxSnapshot bounds a mark's snapshot, as docs/bridge-protocol.md says.
	maxSnapshot = 32 << 20
)

// hello is what a bridge says first.
type hello struct {
	wire.AttachedPayload
	snapshot []byte
}

// connect dials until the bridge answers, the time is up, or ctx ends. wait is
// the time before the first try; there is one try in any case.
func (r *Run) connect(ctx context.Context, wait time.Duration, until time.Time) (*link, *hello, error) {
	since, last := time.Now(), error(nil)
	for {
		if err := sleep(ctx, wait); err != nil {
			return nil, nil, fmt.Errorf("attaching to the bridge at %s: %w", r.cfg.Addr, errors.Join(err, last))
		}
		l, h, err := r.dial(ctx)
		last = err
		switch {
		case err == nil || isVerdict(err):
			return l, h, err
		case ctx.Err() != nil: // told by sleep
		case !time.Now().Before(until):
			return nil, nil, r.lost(fmt.Sprintf("its bridge has not answered for %s", time.Since(since).Round(time.Millisecond)), err)
		}
		wait = min(max(firstWait, 2*wait), longestWait, max(0, time.Until(until)))
	}
}

// patient gives the bridge attachTime for the next step.
func (c *counted) patient() error { return c.SetDeadline(time.Now().Add(attachTime)) }

func sleep(ctx context.Context, d time.Duration) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// dial tries once. Each step has attachTime.
func (r *Run) dial(ctx context.Context) (*link, *hello, error) {
	dialing, cancel := context.WithTimeout(ctx, attachTime)
	conn, err := r.cfg.Dial(dialing, r.cfg.Addr)
	cancel()
	if err != nil {
		return nil, nil, err
	}
	raw := &counted{Conn: rawio.Conn(conn)}
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	defer stop()
	l, h, err := r.attach(ctx, raw)
	if err == nil {
		err = raw.SetDeadline(time.Time{})
	}
	if err == nil {
		return l, h, nil
	}
	if l != nil {
		l.discard()
	}
	_ = raw.Close() // it is of no use, whatever Close says
	return nil, nil, err
}

// attach makes the handshake and hears who the bridge obeys.
func (r *Run) attach(ctx context.Context, raw *counted) (*link, *hello, error) {
	if err := raw.patient(); err != nil {
		return nil, nil, err
	}
	conn, err := record.Client(ctx, raw, r.tls)
	if err != nil {
		return nil, nil, fmt.Errorf("TLS handshake: %w", err)
	}
	l := newLink(r, raw, wire.NewReader(conn), wire.NewWriter(conn))
	attach := wire.AttachPayload{Version: wire.Version, Connection: r.cfg.Connection, Sync: r.cfg.Sync, Epoch: r.cfg.Epoch}
	if err := l.w.WriteJSON(wire.Attach, wire.Stdin, 0, attach); err != nil {
		return l, nil, err
	}
	if err := l.w.Flush(); err != nil {
		return l, nil, err
	}
	h, err := l.hello()
	return l, h, err
}

// hello reads ATTACHED and the snapshot of its mark, or REFUSED.
func (l *link) hello() (*hello, error) {
	f, err := l.r.Next()
	if err != nil {
		return nil, l.ending(err)
	}
	switch f.Type {
	case wire.Refused:
		return nil, l.run.refused(f)
	case wire.Attached:
	default:
		return nil, l.broken(fmt.Errorf("it answers ATTACH with %s", f.Type))
	}
	h := &hello{}
	if err := wire.Decode(f, &h.AttachedPayload); err != nil {
		return nil, l.broken(err)
	}
	if h.Version != wire.Version {
		return nil, l.broken(fmt.Errorf("it speaks version %d, and this relay version %d", h.Version, wire.Version))
	}
	return h, l.readSnapshot(h)
}

func (l *link) readSnapshot(h *hello) error {
	if h.Mark == nil {
		return nil
	}
	if h.Mark.Snapshot < 0 || h.Mark.Snapshot > maxSnapshot {
		return l.broken(fmt.Errorf("its mark has a snapshot of %d bytes; at most %d are taken", h.Mark.Snapshot, maxSnapshot))
	}
	for int64(len(h.snapshot)) < h.Mark.Snapshot {
		if err := l.raw.patient(); err != nil {
			return err
		}
		f, err := l.r.Next()
		if err != nil {
			return l.ending(err)
		}
		if f.Type != wire.Snapshot || f.Offset != int64(len(h.snapshot)) || int64(len(h.snapshot)+len(f.Payload)) > h.Mark.Snapshot {
			return l.broken(fmt.Errorf("it sends %s at offset %d in place of a piece of its snapshot", f.Type, f.Offset))
		}
		h.snapshot = append(h.snapshot, f.Payload...)
	}
	return nil
}
