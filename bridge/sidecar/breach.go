package sidecar

import (
	"fmt"

	"knelt.dev/bridge/wire"
)

// breach is a relay's breach of a rule of docs/bridge-protocol.md. It ends the
// connection, and the relay is told.
func breach(format string, args ...any) error {
	return &wire.FormatError{Reason: fmt.Sprintf(format, args...)}
}
