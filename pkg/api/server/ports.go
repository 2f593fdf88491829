package server

import (
	"context"
	"encoding/json"
	"iter"
	"time"

	"knelt.dev/events"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/synclog"
)

// Store is what is used of a store.Store, with the same contract.
type Store interface {
	Acquire(ctx context.Context, connection, holder string, ttl time.Duration) (store.Lease, error)
	LeaseOf(ctx context.Context, connection string) (store.LeaseInfo, bool, error)
	Checkpoint(ctx context.Context, connection string) (store.Checkpoint, error)
	Generations(ctx context.Context, connection string) (map[airbyte.Descriptor]int64, error)
	Sync(ctx context.Context, connection string, id int64) (store.SyncRecord, error)
	Syncs(ctx context.Context, connection string, before int64, limit int) ([]store.SyncRecord, error)
	SwapMemo(ctx context.Context, name string, was, value json.RawMessage, keep time.Duration) (now json.RawMessage, ok bool, err error)
}

// Documents are what users have written.
type Documents interface {
	// Connections gives all connections, in any order.
	Connections(ctx context.Context) ([]Document, error)
	// Connection gives one; store.ErrNotFound if there is none.
	Connection(ctx context.Context, ref events.Ref) (Document, error)
	Sources(ctx context.Context) ([]*connection.Source, error)
	Destinations(ctx context.Context) ([]*connection.Destination, error)
}

// Document is a connection as it is written.
type Document struct {
	*connection.Connection
	// Schedule for people; "manual" if there is none.
	Schedule string
	// Paused tells that the document says so.
	Paused bool
	// Problem is why it cannot be synced as it is written; empty if it can.
	Problem string
}

// Plans tells what the scheduler remembers of connections. It is a hint: what
// the records of syncs say counts more.
type Plans interface {
	// Plans gives up to limit plans, sorted by connection, of names behind after,
	// and the last name if there may be more.
	Plans(ctx context.Context, after string, limit int) ([]Plan, string, error)
	// Plan gives one; a zero Plan if nothing is remembered.
	Plan(ctx context.Context, connection string) (Plan, error)
}

// Plan is what is remembered of one connection.
type Plan struct {
	Connection string
	// Next is when it is due; zero: it is not.
	Next time.Time
	// Paused tells that it was paused, by whom.
	Paused bool
	By     api.PausedBy
	// Asked is when a sync was last asked for, for Reason, by the request Key.
	Asked       time.Time
	Key, Reason string
	Last        *api.LastSync
	// FailuresInRow is as api.Connection has it.
	FailuresInRow int
	// Disabled is why it is not tried any more.
	Disabled string
}

// Scheduler starts syncs and keeps what is paused.
type Scheduler interface {
	// Wanted has a connection synced now. Errors: store.ErrNotFound, a
	// *connection.Problems, a *store.HeldError.
	Wanted(ctx context.Context, ref events.Ref, wish api.SyncWish) (events.Run, error)
	// Pause pauses a connection, or lets it go on. What is so already is no error.
	Pause(ctx context.Context, ref events.Ref, paused bool) error
}

// Canceller asks a running sync to end, whichever process runs it. The wish is
// kept that long, so that a successor sees it too.
type Canceller interface {
	AskCancel(ctx context.Context, connection string, sync int64, keep time.Duration) error
	// CancelAsked tells which sync of a connection was asked to end.
	CancelAsked(ctx context.Context, connection string) (sync int64, ok bool, err error)
}

// Logs reads logs of attempts, as synclog.Read does: an error is the last thing
// given, and wraps fs.ErrNotExist if there is no such log.
type Logs interface {
	Read(ctx context.Context, name LogName, q synclog.Query) iter.Seq2[synclog.Entry, error]
}

// LogName names the log of an attempt.
type LogName struct {
	Connection string
	Sync       int64
	Attempt    int
}

// Asker asks connectors. Its errors have their place in host's table.
type Asker interface {
	Check(ctx context.Context, q events.Question) (*airbyte.ConnectionStatusResult, error)
	Discover(ctx context.Context, q events.Question) (airbyte.StreamCatalog, error)
	Spec(ctx context.Context, q events.Question) (*airbyte.ConnectorSpecification, error)
}
