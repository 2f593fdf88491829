// Package engine runs commands of connectors and whole syncs: it takes the
// lease, asks the connectors what they are and have, plans the attempt, lets
// the relay move the rows, and keeps the record. The same engine runs in one
// process on a laptop and inside functions.
package engine

import (
	"time"

	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/store"
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
	// ProgressEvery is how often a running sync is observed (default 500ms).
	ProgressEvery time.Duration
}

const (
	defaultLeaseTTL      = 15 * time.Second
	defaultProgressEvery = 500 * time.Millisecond
	// recordEvery is how often the record of a running sync is brought up to
	// date in the store.
	recordEvery = 5 * time.Second
)

func (e *Engine) ttl() time.Duration {
	if e.LeaseTTL > 0 {
		return e.LeaseTTL
	}
	return defaultLeaseTTL
}

func (e *Engine) progressEvery() time.Duration {
	if e.ProgressEvery > 0 {
		return e.ProgressEvery
	}
	return defaultProgressEvery
}
