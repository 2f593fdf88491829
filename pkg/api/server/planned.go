package server

import (
	"context"
	"errors"
	"time"

	"knelt.dev/events"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/host"
	"knelt.dev/pkg/scheduler"
	"knelt.dev/pkg/store"
)

// Planned gives Plans: what the scheduler keeps in the store.
type Planned struct{ Store store.Plans }

// Plans implements Plans.
func (p Planned) Plans(ctx context.Context, after string, limit int) ([]Plan, string, error) {
	kept, next, err := p.Store.Plans(ctx, after, limit)
	if err != nil {
		return nil, "", err
	}
	all := make([]Plan, len(kept))
	for i, k := range kept {
		all[i] = planOf(k)
	}
	return all, next, nil
}

// Plan implements Plans.
func (p Planned) Plan(ctx context.Context, connection string) (Plan, error) {
	kept, err := p.Store.Plan(ctx, connection)
	if errors.Is(err, store.ErrNotFound) {
		return Plan{Connection: connection}, nil
	}
	return planOf(kept), err
}

func planOf(k store.Plan) Plan {
	p := Plan{Connection: k.Connection, Next: k.NextDue, Paused: k.Paused, FailuresInRow: k.FailuresInRow, Disabled: k.GaveUp}
	if k.Paused {
		p.By = api.PausedByAPI
		if k.PausedFor != "" {
			p.By = api.PausedBySchemaChange
		}
	}
	if a := k.Asked; a != nil {
		run := events.Run{Connection: refOfKey(k.Connection), Due: a.Due, Attempt: a.Attempt, Kind: events.Kind(a.Kind)}
		p.Asked, p.Key, p.Reason = a.At, run.Key(), a.Reason
	}
	if l := k.Last; l != nil {
		p.Last = &api.LastSync{
			ID: l.ID, Status: api.Status(l.Status), Started: l.Started, Ended: l.Ended, Records: l.Records, Bytes: l.Bytes, Reasons: l.Reasons,
		}
	}
	return p
}

// Scheduled gives a Scheduler: the one that plans.
type Scheduled struct{ *scheduler.Scheduler }

// Wanted implements Scheduler.
func (s Scheduled) Wanted(ctx context.Context, ref events.Ref, wish api.SyncWish) (events.Run, error) {
	run, err := s.Scheduler.Wanted(ctx, scheduler.Wish{
		Connection: ref, Reason: events.ByHand, Kind: events.Kind(wish.Kind), Refresh: wish.Refresh,
	}, time.Now())
	switch {
	case errors.As(err, new(*scheduler.RunningError)):
		return run, host.Because(host.Held, err)
	case errors.As(err, new(*scheduler.BrokenError)):
		return run, host.Because(host.Invalid, err)
	}
	return run, err
}

// Pause implements Scheduler.
func (s Scheduled) Pause(ctx context.Context, ref events.Ref, paused bool) error {
	if paused {
		return s.Scheduler.Pause(ctx, ref, time.Now())
	}
	return s.Resume(ctx, ref, time.Now())
}
