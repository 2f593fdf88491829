package sidecar

import (
	"bytes"

	"knelt.dev/bridge/wire"
)

// maxSnapshot bounds what a mark carries, in bytes, as docs/bridge-protocol.md
// says. Twice that may be held: the last whole mark and the one that comes.
const maxSnapshot = 32 << 20

// mark is a mark that is whole, or one in the making.
type mark struct {
	wire.MarkPayload
	pieces [][]byte // the snapshot as it came; never changed once whole
}

// add takes a piece. All pieces of a mark stand at one offset of stdin.
func (m *mark) add(f wire.Frame, accepted int64) error {
	if err := m.stands(f, accepted); err != nil {
		return err
	}
	if m.Snapshot+int64(len(f.Payload)) > maxSnapshot {
		return breach("a mark with a snapshot of more than %d bytes: mark before so much is pending, or not at all", maxSnapshot)
	}
	m.Offset = f.Offset
	m.Snapshot += int64(len(f.Payload))
	m.pieces = append(m.pieces, bytes.Clone(f.Payload))
	return nil
}

func (m *mark) stands(f wire.Frame, accepted int64) error {
	if f.Offset != accepted || (len(m.pieces) > 0 && m.Offset != f.Offset) {
		return breach("%s at offset %d of stdin, but it stands at %d", f.Type, f.Offset, accepted)
	}
	return nil
}

// finish makes the mark whole.
func (m *mark) finish(f wire.Frame, accepted int64) error {
	if err := m.stands(f, accepted); err != nil {
		return err
	}
	size := m.Snapshot
	if err := wire.Decode(f, &m.MarkPayload); err != nil {
		return err
	}
	m.Offset, m.Snapshot = f.Offset, size
	return nil
}
