package replication

import (
	"context"

	"knelt.dev/pkg/connector"
)

// OutputVersion names what the relay makes of its input. It changes whenever the
// relay would send a destination other bytes for the same configuration and the
// same bytes of a source, or would write or read a snapshot otherwise: relays of
// different versions must not succeed each other within one attempt.
const OutputVersion = 1 + builtAsNext

// Resumable is a connector.Run that outlives its relay: another one can go on
// with it. Offsets are of a stream's bytes, from the connector's start.
type Resumable interface {
	connector.Run
	// ReadFrom sets where Stdout starts, before it is read.
	ReadFrom(offset int64) error
	// ReleaseStdout tells that what Stdout gave before offset will not be asked
	// for again, by any relay. It returns at once.
	ReleaseStdout(offset int64)
	// Detach leaves the connector as it is to a successor: from then on all
	// that waits for the run gets an error. When ctx has ended it leaves without
	// a word.
	Detach(ctx context.Context) error
	// Superseded tells of an error of this run that a newer relay has taken the
	// connector over; Lost that the connector cannot be reached any more.
	Superseded(err error) bool
	Lost(err error) bool
}

// Marking is a Resumable destination.
type Marking interface {
	Resumable
	// Mark puts a mark behind all that was written to Stdin, or behind its end
	// once it was closed. snapshot is not changed before OnMarked tells that
	// the mark is remembered.
	Mark(source, stdout, checkpointed int64, version int, snapshot []byte) error
	// OnMarked sets what is called with the offsets of each mark that is
	// remembered, in order. It does not wait, and is set before the first Mark.
	OnMarked(call func(source, stdout int64))
	// Mismatched tells of an error of this run that the relay has not produced
	// again what its predecessor sent. Nothing of stdin is sent then.
	Mismatched(err error) bool
}

// Resume is where a successor goes on: at its predecessor's last mark, with what
// the destination's side tells of the time after it. Without a mark all but
// Accepted, Ended and Produced is zero.
type Resume struct {
	// Snapshot and Version are the mark's.
	Snapshot []byte
	Version  int
	// Source and Stdout are the mark's offsets in the source's and in the
	// destination's stdout, Stdin its place in the destination's stdin.
	Source, Stdout, Stdin int64
	// Accepted is how much of the destination's stdin was taken from relays
	// before this one; Ended that its end was.
	Accepted int64
	Ended    bool
	// Produced is how much the destination has written to its stdout, when or
	// after this relay has attached: earlier relays have understood no more.
	Produced int64
}
