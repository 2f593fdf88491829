package control

import (
	"context"
	"errors"
	"time"

	"knelt.dev/events"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/api/server"
	"knelt.dev/pkg/host"
	"knelt.dev/pkg/scheduler"
)

// Scheduler carries out what users of the API ask of a scheduler.
type Scheduler struct{ *scheduler.Scheduler }

var _ server.Scheduler = Scheduler{}

// Wanted implements server.Scheduler.
func (s Scheduler) Wanted(ctx context.Context, ref events.Ref, wish api.SyncWish) (events.Run, error) {
	run, err := s.Scheduler.Wanted(ctx, scheduler.Wish{
		Connection: ref, Reason: events.ByHand, Kind: events.Kind(wish.Kind), Refresh: wish.Refresh,
	}, time.Now())
	var running *scheduler.RunningError
	var broken *scheduler.BrokenError
	switch {
	case errors.As(err, &running):
		return run, host.Because(host.Held, err)
	case errors.As(err, &broken):
		return run, host.Because(host.Invalid, err)
	}
	return run, err
}

// Pause implements server.Scheduler.
func (s Scheduler) Pause(ctx context.Context, ref events.Ref, paused bool) error {
	if paused {
		return s.Scheduler.Pause(ctx, ref, time.Now())
	}
	return s.Resume(ctx, ref, time.Now())
}
