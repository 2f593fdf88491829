package engine

import (
	"context"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// Request is one wanted run of a connection.
type Request struct {
	Connection  *connection.Connection
	Source      *connection.Source
	Destination *connection.Destination
	// Refresh names streams to read from scratch, replacing what is there.
	Refresh []airbyte.Descriptor
	// Reset asks to empty streams instead of reading them: Refresh names them,
	// or all are meant.
	Reset bool
	// Drain, when closed, ends the sync gently: what was read is committed and
	// kept. nil: only the context ends it, at once.
	Drain <-chan struct{}
	// Detach, when closed, leaves the sync to a successor at once: another
	// engine that is given the same request goes on with it. It is for runtimes
	// whose connectors outlive the engine (Pods); with others only the time
	// before rows move, and between attempts, can be left.
	Detach <-chan struct{}
	// Key names the request, so that it makes one sync however often it comes:
	// while that runs somewhere the error is a *store.HeldError, and once it has
	// ended the Result is the old one. Empty: every call is a new request.
	Key string
	// Observe is told how the sync goes; nil if nobody wants to know. Calls do
	// not overlap.
	Observe func(Event)
}

// EventKind says what an Event tells.
type EventKind string

// The kinds of events, in the order they come. From preparing to ended they are
// repeated for each attempt.
const (
	// Preparing: the attempt has its number and its log; connectors are asked.
	Preparing EventKind = "preparing"
	// SchemaChanged: the source's streams are not those of the sync before.
	SchemaChanged EventKind = "schemaChanged"
	// Started: both connectors run. Ledger is, of those that ran already, what the
	// relay before this one has written down; nil if it has not.
	Started EventKind = "started"
	// Progress: the ledger so far.
	Progress EventKind = "progress"
	// Ended: the attempt is over; Ledger is its last one.
	Ended EventKind = "ended"
	// Left: the attempt goes on without this engine.
	Left EventKind = "left"
	// Waiting: another attempt will follow, after Wait.
	Waiting EventKind = "waiting"
	// Warning: something the user should know, which stops nothing.
	Warning EventKind = "warning"
)

// Event tells how a sync goes.
type Event struct {
	Kind    EventKind           `json:"event"`
	Sync    int64               `json:"sync,omitempty"`
	Attempt int                 `json:"attempt,omitempty"`
	LogDir  string              `json:"logDir,omitempty"`
	Message string              `json:"message,omitempty"`
	Wait    connection.Duration `json:"wait,omitempty"`
	Status  store.Status        `json:"status,omitempty"`
	Reasons []string            `json:"reasons,omitempty"`
	Ledger  *replication.Ledger `json:"ledger,omitempty"`
	// Schema is what SchemaChanged tells of.
	Schema *SchemaChange `json:"schema,omitempty"`
	// Epoch is that of the lease; Resumed tells of Started that the connectors
	// ran already, under another engine.
	Epoch   int64 `json:"epoch,omitempty"`
	Resumed bool  `json:"resumed,omitempty"`
}

// Result is how a sync ended.
type Result struct {
	Record store.SyncRecord
	// Ledger of the last attempt; nil if it did not get as far as moving rows.
	Ledger *replication.Ledger
	// LogDir is where the log of the last attempt is.
	LogDir string
	// Epoch is that of the lease it was run under; 0 if it was not run now.
	Epoch int64
	// Mend is set when the sync failed for what the user wrote (a bad config,
	// an unknown stream): trying again without a change cannot help.
	Mend *ConfigError
	// SchemaChange of the source that was found; nil if none.
	SchemaChange *SchemaChange
	// Continued tells that the sync was left to a successor before its end.
	Continued bool
	// Repeated tells that the request had been carried out before.
	Repeated bool
}

// Status of the sync.
func (r Result) Status() store.Status { return r.Record.Status }

// Reasons why it did not succeed.
func (r Result) Reasons() []string {
	if n := len(r.Record.Attempts); n > 0 {
		return r.Record.Attempts[n-1].Reasons
	}
	return nil
}

// draining tells whether a gentle end was asked for.
func (r *Request) draining() bool { return closed(r.Drain) }

// detaching tells whether the sync is to be left to a successor.
func (r *Request) detaching() bool { return closed(r.Detach) }

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// preparing gives a context for the work before rows move: it ends when a gentle
// end is asked for, which is then the same as one at once, or when the sync is
// to be left.
func (r *Request) preparing(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(parent)
	go func() {
		select {
		case <-r.Drain:
			cancel(errCancelled)
		case <-r.Detach:
			cancel(errDetached)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}
