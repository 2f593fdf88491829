package scheduler

import (
	"context"
	"time"

	"knelt.dev/events"
	"knelt.dev/pkg/store"
)

// Pause has nothing asked for by itself any more. What runs goes on.
func (s *Scheduler) Pause(ctx context.Context, ref events.Ref, now time.Time) error {
	return s.change(ctx, ref, now, func(p store.Plan) store.Plan {
		p.Paused, p.PausedFor = true, ""
		return p
	})
}

// Resume takes back Pause, and that the connection was given up. What was due
// meanwhile is not made up for.
func (s *Scheduler) Resume(ctx context.Context, ref events.Ref, now time.Time) error {
	return s.change(ctx, ref, now, func(p store.Plan) store.Plan {
		was := blocked(p)
		p.Paused, p.PausedFor, p.GaveUp, p.FailuresInRow, p.Tries = false, "", "", 0, 0
		p.Retry, p.NotBefore = time.Time{}, time.Time{}
		if was && !blocked(p) {
			p.Since = now
		}
		return p
	})
}

// change changes the plan of a connection that exists; else the error is
// store.ErrNotFound.
func (s *Scheduler) change(ctx context.Context, ref events.Ref, now time.Time, f func(store.Plan) store.Plan) error {
	if _, err := s.planOf(ctx, ref.String(), now); err != nil {
		return err
	}
	return s.update(ctx, ref.String(), func(p store.Plan) (store.Plan, bool, error) {
		p, err := settle(f(p), now)
		return p, true, err
	})
}
