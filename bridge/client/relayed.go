package client

import (
	"errors"

	"knelt.dev/bridge/wire"
)

// Relayed is a Run as pkg/replication relays it: its marks in plain types, and
// what its errors mean. The Run must be Resumable.
type Relayed struct{ *Run }

// ReadFrom is Run.ReadFrom, for a run that was just started, too: nothing of it
// has been read.
func (r Relayed) ReadFrom(offset int64) error {
	if r.Position() == offset {
		return nil
	}
	return r.Run.ReadFrom(offset)
}

// Mark is Run.Mark.
func (r Relayed) Mark(source, stdout, checkpointed int64, version int, snapshot []byte) error {
	return r.Run.Mark(wire.MarkPayload{Source: source, Stdout: stdout, Checkpointed: checkpointed, Version: version}, snapshot)
}

// OnMarked is Run.OnMarked.
func (r Relayed) OnMarked(call func(source, stdout int64)) {
	r.Run.OnMarked(func(m wire.MarkPayload) { call(m.Source, m.Stdout) })
}

// Superseded tells that a newer relay has taken over.
func (r Relayed) Superseded(err error) bool { return errors.Is(err, ErrSuperseded) }

// Lost tells that the connector cannot be reached any more, or not by this relay.
func (r Relayed) Lost(err error) bool {
	var broken *ProtocolError
	var refused *RefusedError
	return errors.Is(err, ErrPodLost) || errors.As(err, &broken) || errors.As(err, &refused) && !r.Superseded(err)
}

// Mismatched tells that the relay did not produce again what its predecessor
// sent.
func (r Relayed) Mismatched(err error) bool {
	var mismatch *MismatchError
	return errors.As(err, &mismatch)
}

// Attached is what the bridge told when Attach returned.
func (r *Run) Attached() wire.AttachedPayload { return r.attached }
