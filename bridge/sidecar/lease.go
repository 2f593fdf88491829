package sidecar

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// LeaseState is what the store says of the connection's lease.
type LeaseState struct {
	// Held tells that somebody holds it, or handed it over and a successor is
	// awaited.
	Held bool
	// Sync is the sync it was taken for; 0: its holder has not said yet.
	Sync int64
}

// Lease reads the lease of the bridge's connection.
type Lease interface {
	// State asks the store. An error means that it could not be asked.
	State(ctx context.Context) (LeaseState, error)
}

// judge decides from what was read whether the connector may go on. It decides
// only at a look, by what that look saw: time that passed while the process was
// stopped proves nothing. Times are monotonic.
type judge struct {
	sync         int64
	ttl, absence time.Duration
	gone, mute   time.Time // since when there is no lease, no answer; zero: there is
}

// look is one reading.
type look struct {
	asked time.Time // before the store was asked
	now   time.Time
	state LeaseState
	err   error
	// detached is since when no relay is attached; zero: one is.
	detached time.Time
}

// decide gives the reason why the connector must end, or nil.
func (j *judge) decide(l look) error {
	if l.err != nil {
		return j.unreachable(l)
	}
	j.mute = time.Time{}
	switch {
	case l.state.Held && l.state.Sync == j.sync:
		j.gone = time.Time{}
		return nil
	case l.state.Held && l.state.Sync != 0:
		return fmt.Errorf("the lease is lost: the connection is being synced as sync %d, and this is the pod of sync %d", l.state.Sync, j.sync)
	case j.gone.IsZero():
		j.gone = l.asked
	}
	if l.now.Sub(j.gone) >= j.absence {
		return fmt.Errorf("the lease is lost: nobody has held the connection for sync %d for %s", j.sync, l.now.Sub(j.gone).Round(time.Millisecond))
	}
	return nil
}

// unreachable judges a store that does not answer. The absence of a lease is
// counted anew when it does: nobody could take one meanwhile.
func (j *judge) unreachable(l look) error {
	j.gone = time.Time{}
	if j.mute.IsZero() {
		j.mute = l.asked
	}
	if l.detached.IsZero() {
		return nil
	}
	if errors.Is(l.err, ErrAlone) {
		if gone := l.now.Sub(l.detached); gone > j.ttl {
			return fmt.Errorf("no relay has been attached for %s", gone.Round(time.Millisecond))
		}
		return nil
	}
	if both := min(l.now.Sub(j.mute), l.now.Sub(l.detached)); both > j.ttl {
		return fmt.Errorf("no relay and no answer from the store for %s, longer than the lease lives: %w", both.Round(time.Millisecond), l.err)
	}
	return nil
}

// wait is how long until the next look.
func (j *judge) wait(now time.Time) time.Duration {
	wait := j.ttl / 3
	if !j.gone.IsZero() {
		wait = min(wait, max(time.Millisecond, j.absence-now.Sub(j.gone)))
	}
	return wait
}
