package notify

import (
	"context"
	"slices"

	"knelt.dev/events"
)

// Occasion is what a webhook can be told of.
type Occasion string

// The occasions, by their words in spec.notifications.
const (
	Failure      Occasion = "failure"
	Recovery     Occasion = "recovery"
	SchemaChange Occasion = "schemaChange"
)

// Hook is one entry of a connection's spec.notifications, with its references
// looked up.
type Hook struct {
	// Webhook is the URL to post to. It may hold a token: it is in no error and
	// no log.
	Webhook string
	// Secret signs what is posted; empty: it is not signed.
	Secret string
	// When lists what is told; empty: everything.
	When []Occasion
}

func (h *Hook) wants(o Occasion) bool { return len(h.When) == 0 || slices.Contains(h.When, o) }

// Hooks finds webhooks.
type Hooks interface {
	// Hooks gives the webhooks of a connection; none for one that is gone.
	Hooks(ctx context.Context, connection events.Ref) ([]Hook, error)
	// Hooked lists the connections that have any.
	Hooked(ctx context.Context) ([]events.Ref, error)
}
