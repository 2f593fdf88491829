package store

import (
	"errors"
	"fmt"
	"time"

	"knelt.dev/pkg/airbyte"
)

// ErrFenced says that a lease is no longer the connection's: it has expired,
// was released or handed over, or a newer one was given. The holder must stop.
var ErrFenced = errors.New("the lease of this connection is lost: another holder may run it now")

// ErrNotFound says that there is no such record.
var ErrNotFound = errors.New("not found")

// ErrUnavailable says that the store could not do the operation now, and that
// the same call may succeed later: out of reach, locked, disk full. It says
// nothing about the lease. A write that failed so may have been made if its
// answer was lost on the way; to repeat it with the same arguments on the same
// Lease is always safe and never makes it twice.
var ErrUnavailable = errors.New("the store is unavailable")

// HeldError says that somebody else holds the lease.
type HeldError struct {
	Connection string
	Info       LeaseInfo
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("connection %q is being synced by %s (lease epoch %d, until %s)",
		e.Connection, e.Info.Holder, e.Info.Epoch, e.Info.Expires.UTC().Format(time.RFC3339))
}

// MixedKindsError says that the positions of one call are not of one kind.
type MixedKindsError struct {
	First, Other airbyte.StateKind
}

func (e *MixedKindsError) Error() string {
	return fmt.Sprintf("positions of the kinds %s and %s in one checkpoint: a source must keep to one kind in a sync",
		e.First, e.Other)
}

// KindError says that an operation does not fit the kind of the stored state.
type KindError struct {
	Stored airbyte.StateKind
	Op     string
}

func (e *KindError) Error() string {
	return fmt.Sprintf("%s: the connection's state is %s, which holds all streams in one", e.Op, e.Stored)
}

// ConflictError says that a plan is no longer the one that was read.
type ConflictError struct{ Connection string }

func (e *ConflictError) Error() string {
	return fmt.Sprintf("the plan of connection %q was changed meanwhile by somebody else: read it again", e.Connection)
}
