package replication

import (
	"context"
	"encoding/json"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
)

// Config is all a relay needs to know about a sync.
type Config struct {
	Streams []Stream
	// SupportsRefreshes tells that the destination knows generations and wants
	// a COMPLETE status for each stream (see connection.DestinationSpec).
	SupportsRefreshes bool
	// AcknowledgesInOrder tells that a returned state acknowledges all states
	// sent before it, those of other streams too.
	AcknowledgesInOrder bool
	// Emitted is the emitted_at of the messages the relay makes itself: the
	// start of the sync, so that a successor makes the same bytes.
	Emitted time.Time
	Limits  Limits
	// Resume, if set, is where a predecessor's attempt goes on. The rest of the
	// configuration must be the predecessor's, but for Emitted, which a mark
	// tells; both runs must be Resumable. What was logged and handed to
	// ConfigChanged after the mark comes again.
	Resume *Resume

	// Checkpoints keeps the positions a destination has committed.
	Checkpoints Checkpointer
	// Log receives every line that is not data, from both connectors and from
	// the relay. It must not block for long and must not keep Message. It is
	// called by several goroutines.
	Log func(LogLine)
	// ConfigChanged receives, before anything else is read, the config that a
	// connector changed itself (CONTROL). Secrets are in clear. It is called
	// for both sides, by a goroutine each.
	ConfigChanged func(from Origin, config json.RawMessage)
	// Redact hides secrets in what connectors say of their failures, before it
	// gets into the ledger. Nil leaves the texts as they are.
	Redact func(string) string
}

// Checkpointer makes positions durable, fenced by a lease; store.Lease is one.
// An error that is store.ErrFenced ends the sync at once; one that is
// store.ErrUnavailable or the context's own is tried again.
type Checkpointer interface {
	SaveCheckpoint(ctx context.Context, positions []store.Position) error
	ClearCheckpoint(ctx context.Context, streams []airbyte.Descriptor) error
}

// Stream is one stream of the sync, as the source names it.
type Stream struct {
	Descriptor airbyte.Descriptor
	// As is what the destination calls it.
	As airbyte.Descriptor
	// Fields are the top-level fields of data that move; nil moves the data as
	// it is.
	Fields []string
	// Overwrites tells that the destination replaces what it has of the stream.
	Overwrites bool
	// Inject asks for an empty state at the end if the source sends none:
	// destinations report counts on states only. For full refresh streams that
	// cannot be resumed.
	Inject bool
}

// redact hides secrets in a text of a connector's.
func (c *Config) redact(text string) string {
	if c.Redact == nil {
		return text
	}
	return c.Redact(text)
}
