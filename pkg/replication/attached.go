package replication

import "context"

// Attached is a connector on a seat (connector.Seat), as its relay sees it.
type Attached interface {
	Marking
	// Resume tells where a successor goes on, by what the destination's side
	// remembers; nil on a seat that was just started.
	Resume() *Resume
	// Done tells the pod that all is settled, so that it ends by itself.
	Done(ctx context.Context) error
}
