package connector

import "errors"

// Seat is one half of an attempt at a sync, and who asks for it: the place of a
// connector that outlives the engine which started it.
type Seat struct {
	Connection string
	Sync       int64
	Attempt    int
	// Command is Read or Write.
	Command Command
	// Epoch is that of the lease that the engine holds.
	Epoch int64
}

// ErrNoPod tells that no connector runs on a seat.
var ErrNoPod = errors.New("no pod with a running connector")
