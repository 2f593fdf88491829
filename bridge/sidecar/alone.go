package sidecar

import (
	"context"
	"errors"
)

// ErrAlone is what Alone answers.
var ErrAlone = errors.New("this bridge has no store to watch: it lives as long as a relay is attached")

// Alone is the lease of a pod that no successor will ever want, such as that of
// a check: the attached relay is all there is to hold it. Since it never answers,
// the connector goes on while a relay is attached, and for the TTL without one.
type Alone struct{}

// State implements Lease.
func (Alone) State(context.Context) (LeaseState, error) { return LeaseState{}, ErrAlone }
