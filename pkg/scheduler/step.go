package scheduler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"knelt.dev/events"
	"knelt.dev/pkg/store"
)

// step brings one plan up to now: looks after what was asked for, or asks for
// what is due. That somebody else has written the plan is no error: whoever did
// has left it in order.
func (s *Scheduler) step(ctx context.Context, p store.Plan, now time.Time) (outcome, error) {
	var o outcome
	err := s.try(ctx, p, now, &o)
	if errors.As(err, new(*store.ConflictError)) {
		return o, nil
	}
	if err != nil {
		err = fmt.Errorf("connection %s: %w", p.Connection, err)
	}
	return o, err
}

func (s *Scheduler) try(ctx context.Context, p store.Plan, now time.Time, o *outcome) error {
	if p.Running() != nil {
		var err error
		if p, err = s.watch(ctx, p, now, o); err != nil {
			return err
		}
	}
	p, err := decide(p, now)
	if err != nil {
		return err
	}
	if a := p.Running(); a != nil && a.Sent.IsZero() {
		return s.ask(ctx, p, now, o)
	}
	_, err = s.Store.SavePlan(ctx, p)
	return err
}

// ask writes the request down, sends its event and notes that it was taken.
func (s *Scheduler) ask(ctx context.Context, p store.Plan, now time.Time, o *outcome) error {
	p, err := s.Store.SavePlan(ctx, claimed(p, now))
	if err != nil {
		return err
	}
	run := runOf(p)
	o.asked = &run
	if err := s.send(ctx, p, now); err != nil {
		return err
	}
	return s.sent(ctx, p, now)
}

// sent notes that an event was taken. Whoever has written the plan meanwhile
// knows more.
func (s *Scheduler) sent(ctx context.Context, p store.Plan, now time.Time) error {
	a := *p.Asked
	a.Sent = now
	p.Asked, p.Next = &a, now.Add(watchEvery)
	_, err := s.Store.SavePlan(ctx, p)
	return err
}

func (s *Scheduler) send(ctx context.Context, p store.Plan, now time.Time) error {
	run := runOf(p)
	e, err := events.New(events.Origin{Source: events.FromScheduler, Time: now}, &events.SyncRequest{
		Run: run, Reason: events.Reason(p.Asked.Reason), Refresh: p.Asked.Refresh,
	})
	if err != nil {
		return fmt.Errorf("asking for a sync: %w", err)
	}
	if err := s.Emit.Send(ctx, e); err != nil {
		return fmt.Errorf("asking for the sync that was due at %s: %w", run.Due.UTC().Format(time.RFC3339), err)
	}
	return nil
}
