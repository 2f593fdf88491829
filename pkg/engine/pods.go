package engine

import (
	"context"
	"errors"

	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/replication"
)

// Pods is what a Runtime is, too, whose reads and writes outlive the engine that
// started them: another engine attaches to the same connectors and goes on, at
// the byte. The engine uses it for the two halves of a sync if it has one.
type Pods interface {
	// StartAt makes the seat's pod, starts the command in it and returns once it
	// runs. ctx bounds the start only; what it has made by then is removed if it
	// fails. Errors are those of connector.Runtime.
	StartAt(ctx context.Context, s Seat, c connector.Connector, inv connector.Invocation) (Attached, error)
	// Attach attaches to the connector that another engine started on this seat,
	// at an epoch above the other's, who is cut off by it. ErrNoPod tells that
	// there is nothing to go on with: no pod, or one whose connector was never
	// started. Of other errors the next Attach may know more.
	Attach(ctx context.Context, s Seat) (Attached, error)
	// Remove removes what there is of all attempts of a sync. What is gone
	// already is no error. It returns once nothing of it will run any more.
	Remove(ctx context.Context, connection string, sync int64) error
}

// ErrNoPod tells that no connector runs on a seat.
var ErrNoPod = errors.New("no pod with a running connector")

// Seat is one half of an attempt, and who asks for it.
type Seat struct {
	Connection string
	Sync       int64
	Attempt    int
	// Command is connector.Read or connector.Write.
	Command connector.Command
	// Epoch is that of the lease that the engine holds.
	Epoch int64
}

// Attached is a connector on a seat, as its relay sees it.
type Attached interface {
	replication.Marking
	// Resume tells where a successor goes on, by what the destination's side
	// remembers; nil on a seat that was just started.
	Resume() *replication.Resume
	// Done tells the pod that all is settled, so that it ends by itself.
	Done(ctx context.Context) error
}
