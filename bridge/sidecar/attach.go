package sidecar

import (
	"context"
	"fmt"
	"time"

	"knelt.dev/bridge/wire"
)

// attach makes s the session that is obeyed and cuts the one before, or says why
// not. From here on no frame of another is applied.
func (b *Sidecar) attach(s *session, p wire.AttachPayload) *wire.RefusedPayload {
	b.mu.Lock()
	defer b.mu.Unlock()
	if no := b.judge(p); no != nil {
		return no
	}
	s.epoch = p.Epoch
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	s.welcome, s.told = b.describe(), b.mark
	old := b.current.Swap(s)
	b.epoch, b.detached = p.Epoch, time.Time{}
	if old != nil {
		old.cut(errReplaced)
	}
	b.c.Log.Info("relay attached", "epoch", p.Epoch, "state", b.state, "stdin", s.welcome.Stdin.Accepted)
	return nil
}

func (b *Sidecar) judge(p wire.AttachPayload) *wire.RefusedPayload {
	no := func(code wire.RefusalCode, format string, args ...any) *wire.RefusedPayload {
		return &wire.RefusedPayload{Code: code, Message: fmt.Sprintf(format, args...), Epoch: b.epoch}
	}
	switch {
	case p.Version != wire.Version:
		return no(wire.RefusedVersion, "this bridge speaks version %d of the protocol, not %d", wire.Version, p.Version)
	case b.lost != "":
		return no(wire.RefusedLost, "%s", b.lost)
	case p.Connection != b.c.Connection || p.Sync != b.c.Sync:
		return no(wire.RefusedSync, "this pod belongs to sync %d of connection %q", b.c.Sync, b.c.Connection)
	case p.Epoch < 1:
		return no(wire.RefusedProtocol, "ATTACH with the epoch %d; the first of a connection is 1", p.Epoch)
	case p.Epoch < b.epoch:
		return no(wire.RefusedEpoch, "epoch %d is over: %d has attached", p.Epoch, b.epoch)
	}
	return nil
}

// describe is the ATTACHED of this moment.
func (b *Sidecar) describe() *wire.AttachedPayload {
	a := &wire.AttachedPayload{
		Version: wire.Version, State: b.state,
		Stdin: b.in.state().inputState(), Stdout: b.out.state(), Stderr: b.err.state(),
	}
	a.Stdin.Hash = b.hash.Text()
	if b.mark != nil {
		m := b.mark.MarkPayload
		a.Mark = &m
	}
	return a
}
