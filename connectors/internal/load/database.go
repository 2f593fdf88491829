package load

import (
	"time"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/pkg/airbyte"
)

// Database is what is written to. Its methods and those of its targets are called
// by one goroutine at a time; an error ends the run, and what was not committed
// must be gone then.
type Database interface {
	// Target makes the table of a stream, and names the places it takes in the
	// database.
	Target(s airbyte.ConfiguredStream) (t Target, places []string)
	// Begin starts a transaction.
	Begin() error
	// Commit makes the rows of all targets durable; it returns only then. They
	// were flushed before.
	Commit() error
	// Classed gives an error its class.
	Classed(err error) error
}

// Target is the table of one stream.
type Target interface {
	// Core is the table as this package knows it, always the same.
	Core() *Table
	// Create makes the table, or changes an older one to what the catalog wants,
	// and calls Plan of the Core.
	Create() error
	// Put takes the row that Core holds of the record in line. ok is false, and the row
	// not taken, if its key cannot be.
	Put(line []byte, e *airbyte.Envelope, rawID string) (ok bool, err error)
	// Flush writes what Put has gathered.
	Flush() error
	// Widen gives the table the columns from the given one on, after a Flush.
	Widen(from int) error
	// Finalize drops the rows of generations below the minimum one.
	Finalize() error
	// Swap puts what was written to Core().Target in the place of Core().Name.
	Swap(out *kit.Emitter) error
	// Forget drops what was prepared for the target.
	Forget() error
}

// Config says when transactions are committed: at the first state after so many
// rows, or once a state has waited so long.
type Config struct {
	CommitRows  int
	CommitAfter time.Duration
}
