// Package engine runs commands of connectors and whole syncs: it takes the
// lease, asks the connectors what they are and have, plans the attempt, lets
// the relay move the rows, and keeps the record. The same engine runs in one
// process on a laptop and inside functions.
package engine

import (
	"time"

	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/synclog"
)

// Engine is safe for concurrent use.
type Engine struct {
	Store   store.Store
	Runtime connector.Runtime
	// Home is the folder of logs and secrets.
	Home string
	// Holder names this process in leases.
	Holder string
	// LeaseTTL is how long a lease lives without being renewed (default 15s).
	LeaseTTL time.Duration
	// Resolve gives what looks up the references of a document by its place and its
	// namespace (default: the variables, files and secrets of this machine).
	Resolve func(at connection.Origin, namespace string) (connection.Resolver, error)
	// AnswersFor is how long the answers of connectors to spec and discover are
	// used again, for the same connector and config. 0: each sync asks.
	AnswersFor time.Duration
	// Logs is where the logs of attempts are kept (default: files in Home).
	Logs Logs
	// Log, if set, receives the log of every attempt, redacted, beside that. It
	// must not block for long.
	Log func(sync SyncName, entry synclog.Entry)
	// Cancels tells of wishes that a running sync ends, which is looked at with
	// each renewal of the lease, so within a third of LeaseTTL. nil: the Store
	// does, if it can.
	Cancels Cancels
	// ProgressEvery is how often a running sync is observed (default 500ms).
	ProgressEvery time.Duration
}

// SyncName names an attempt in logs.
type SyncName = synclog.Name

const (
	defaultLeaseTTL      = 15 * time.Second
	defaultProgressEvery = 500 * time.Millisecond
	// recordEvery is how often the record of a running sync is brought up to
	// date in the store.
	recordEvery = 2 * time.Second
)

func (e *Engine) ttl() time.Duration {
	if e.LeaseTTL > 0 {
		return e.LeaseTTL
	}
	return defaultLeaseTTL
}

// pods gives the runtime as one whose connectors outlive the engine; nil if they
// do not.
func (e *Engine) pods() Pods {
	p, _ := e.Runtime.(Pods)
	return p
}

func (e *Engine) resolver(at connection.Origin, namespace string) (connection.Resolver, error) {
	if e.Resolve != nil {
		return e.Resolve(at, namespace)
	}
	return at.Resolver(e.Home)
}

func (e *Engine) progressEvery() time.Duration {
	if e.ProgressEvery > 0 {
		return e.ProgressEvery
	}
	return defaultProgressEvery
}
