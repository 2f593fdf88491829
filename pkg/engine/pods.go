package engine

import (
	"context"

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

// What Pods speak of is known to those who make them, too, and they know no
// engine.
type (
	Seat     = connector.Seat
	Attached = replication.Attached
)

// ErrNoPod is connector.ErrNoPod.
var ErrNoPod = connector.ErrNoPod
