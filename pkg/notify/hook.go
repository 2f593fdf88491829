package notify

import (
	"context"
	"slices"
	"time"

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

// Hooks gives the webhooks of a connection; none for one that is gone.
type Hooks interface {
	Hooks(ctx context.Context, connection events.Ref) ([]Hook, error)
}

// Standing is what was last told of a connection.
type Standing struct {
	// Failing tells that its last sync did not succeed, and that this was told.
	Failing bool `json:"failing,omitempty"`
	// Since is when the first sync of those that failed ended.
	Since time.Time `json:"since,omitzero"`
	// Ended is when the last sync that counted ended; earlier ones are old news.
	Ended time.Time `json:"ended,omitzero"`
	// Schema is the id of the last event about a changed schema.
	Schema string `json:"schema,omitempty"`
}

// Memory keeps standings. Writes may be lost: then something is told twice.
type Memory interface {
	// Standing gives the last one; the zero one if there is none.
	Standing(ctx context.Context, connection string) (Standing, error)
	SaveStanding(ctx context.Context, connection string, s Standing) error
}
