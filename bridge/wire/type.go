// Package wire is the bridge's protocol on the connection: frames, their types
// and payloads. docs/bridge-protocol.md specifies it.
package wire

// Version of the protocol.
const Version = 1

// Type is the type of a frame.
type Type uint8

// The frames. docs/bridge-protocol.md says who sends them and what they mean.
const (
	Attach Type = iota + 1
	Attached
	Refused
	File
	Start
	Data
	End
	Credit
	Release
	Mark
	MarkEnd
	Marked
	Snapshot
	Terminate
	Exit
	Done
	Detach
	Detached
	Ping
	Pong
	Launched
)

// Stream is one of a connector's standard streams.
type Stream uint8

// The streams.
const (
	Stdin Stream = iota
	Stdout
	Stderr
)

// Sizes of a frame, in bytes.
const (
	HeaderSize = 16
	MaxPayload = 64 << 10
)
