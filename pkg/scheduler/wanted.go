package scheduler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"knelt.dev/events"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
)

// Wish is a sync that somebody wants now.
type Wish struct {
	Connection events.Ref
	// Reason is ByHand or ByEvent.
	Reason events.Reason
	// Kind of sync; empty: Sync. Refresh as of events.SyncRequest.
	Kind    events.Kind
	Refresh []airbyte.Descriptor
}

// RunningError says that a sync of the connection was asked for and is not over.
type RunningError struct {
	Run events.Run
	// Sync it has become; 0 if that is not known.
	Sync int64
}

func (e *RunningError) Error() string {
	text := "a sync of connection " + e.Run.Subject() + " is under way"
	if e.Sync != 0 {
		text += fmt.Sprintf(" (number %d)", e.Sync)
	}
	return text + ": wait for its end, or cancel it"
}

// BrokenError says that the connection's documents cannot be used.
type BrokenError struct{ Connection, Problem string }

func (e *BrokenError) Error() string {
	return fmt.Sprintf("connection %s cannot be synced: %s", e.Connection, e.Problem)
}

// Wanted asks for a sync at now, also of a connection that is paused or was given
// up. Errors: store.ErrNotFound, a *BrokenError, a *RunningError, the store's.
// Once it returns, the request is kept: if its event could not be sent, a tick
// does it.
func (s *Scheduler) Wanted(ctx context.Context, w Wish, now time.Time) (events.Run, error) {
	p, err := s.keep(ctx, w, now)
	if err != nil {
		return events.Run{}, err
	}
	err = s.send(ctx, p, now)
	if err == nil {
		err = s.sent(ctx, p, now)
	}
	if err != nil && !errors.As(err, new(*store.ConflictError)) {
		s.log().Warn("a request is left to the next tick", "connection", p.Connection, "error", err)
	}
	return runOf(p), nil
}

// keep writes a wish into the connection's plan.
func (s *Scheduler) keep(ctx context.Context, w Wish, now time.Time) (store.Plan, error) {
	key := w.Connection.String()
	var conflict *store.ConflictError
	for range tries {
		p, err := s.planOf(ctx, key, now)
		if err != nil {
			return p, err
		}
		if p, err = wish(p, w, now); err != nil {
			return p, err
		}
		if p, err = s.Store.SavePlan(ctx, p); !errors.As(err, &conflict) {
			return p, err
		}
	}
	return store.Plan{}, fmt.Errorf("%w: %w", store.ErrUnavailable, conflict)
}

// planOf gives a connection's plan. One that no tick has seen yet is planned.
func (s *Scheduler) planOf(ctx context.Context, key string, now time.Time) (store.Plan, error) {
	p, err := s.Store.Plan(ctx, key)
	if !errors.Is(err, store.ErrNotFound) {
		return p, err
	}
	if err := s.reconcile(ctx, now, &Report{}); err != nil {
		return p, err
	}
	return s.Store.Plan(ctx, key)
}

func wish(p store.Plan, w Wish, now time.Time) (store.Plan, error) {
	if a := p.Running(); a != nil {
		return p, &RunningError{Run: runOf(p), Sync: a.Sync}
	}
	if p.Problem != "" {
		return p, &BrokenError{p.Connection, p.Problem}
	}
	kind := w.Kind
	if kind == "" {
		kind = events.Sync
	}
	due := now.UTC().Truncate(time.Millisecond)
	if p.Asked != nil && !due.After(p.Asked.Due) {
		due = p.Asked.Due.Add(time.Millisecond) // another run, though clocks say that it is not later
	}
	p = request(p, store.Asked{Kind: string(kind), Due: due, Attempt: 1, Reason: string(w.Reason), Refresh: w.Refresh}, now)
	p.Tries = 0
	return claimed(p, now), nil
}
