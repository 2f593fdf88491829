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

	// Checkpoints keeps the positions a destination has committed.
	Checkpoints Checkpointer
	// Log receives every line that is not data, from both connectors and from
	// the relay. It must not block for long and must not keep Message. It is
	// called by several goroutines.
	Log func(LogLine)
	// ConfigChanged receives, before anything else is read, the config that a
	// connector changed itself (CONTROL). Secrets are in clear.
	ConfigChanged func(from Origin, config json.RawMessage)
}

// Checkpointer makes positions durable, fenced by a lease; store.Lease is one.
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
	// Inject asks for an empty state at the end if the source sends none:
	// destinations report counts on states only. For full refresh streams that
	// cannot be resumed.
	Inject bool
}

// Limits bound what may take forever or grow without end. A zero value means
// the default, a negative duration no limit.
type Limits struct {
	// MaxLine is the longest line in bytes (default 256 MiB).
	MaxLine int
	// SourceIdle is how long a source may give no sign of life while the relay
	// waits for it (default 3h). A RATE_LIMITED status with a quota_reset
	// counts as life until that moment.
	SourceIdle time.Duration
	// DestinationIdle is how long a destination may neither take a byte that
	// waits for it nor write one (default 2h).
	DestinationIdle time.Duration
	// SourceExit is how long a source may live on after it has closed its
	// output (default 1m).
	SourceExit time.Duration
	// Grace is the time between SIGTERM and SIGKILL (default 10s).
	Grace time.Duration
	// PendingStates and PendingBytes bound what is kept of states that were
	// sent and not yet returned (default 50,000 and 16 MiB). Beyond, neighbours
	// of one stream are merged: checkpoints get coarser, never wrong.
	PendingStates int
	PendingBytes  int
}

func (l Limits) withDefaults() Limits {
	setInt(&l.MaxLine, 256<<20)
	setInt(&l.PendingStates, 50_000)
	setInt(&l.PendingBytes, 16<<20)
	setDuration(&l.SourceIdle, 3*time.Hour)
	setDuration(&l.DestinationIdle, 2*time.Hour)
	setDuration(&l.SourceExit, time.Minute)
	setDuration(&l.Grace, 10*time.Second)
	return l
}

func setInt(v *int, def int) {
	if *v <= 0 {
		*v = def
	}
}

func setDuration(v *time.Duration, def time.Duration) {
	if *v == 0 {
		*v = def
	}
}

// Origin says who wrote a log line.
type Origin string

// The origins.
const (
	Engine      Origin = "engine"
	Source      Origin = "source"
	Destination Origin = "destination"
)

// LogLine is one line of the sync's log. Level is one of the protocol's (FATAL
// ERROR WARN INFO DEBUG TRACE). Message is only valid during the call.
type LogLine struct {
	Origin  Origin
	Level   string
	Stderr  bool
	Message []byte
}
