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

// HeldError says that somebody else holds the lease.
type HeldError struct {
	Connection string
	Info       LeaseInfo
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("connection %q is being synced by %s (lease epoch %d, until %s)",
		e.Connection, e.Info.Holder, e.Info.Epoch, e.Info.Expires.UTC().Format(time.RFC3339))
}

// KindError says that an operation does not fit the kind of the stored state.
type KindError struct {
	Stored airbyte.StateKind
	Op     string
}

func (e *KindError) Error() string {
	return fmt.Sprintf("%s: the connection's state is %s, which holds all streams in one", e.Op, e.Stored)
}
