package control

import (
	"context"
	"errors"

	"knelt.dev/pkg/api"
	"knelt.dev/pkg/api/server"
	"knelt.dev/pkg/scheduler"
	"knelt.dev/pkg/store"
)

// Plans shows the scheduler's plans to the API.
type Plans struct{ Store store.Plans }

var _ server.Plans = Plans{}

// Plans implements server.Plans.
func (p Plans) Plans(ctx context.Context, after string, limit int) ([]server.Plan, string, error) {
	list, next, err := p.Store.Plans(ctx, after, limit)
	if err != nil {
		return nil, "", err
	}
	shown := make([]server.Plan, len(list))
	for i, one := range list {
		shown[i] = show(one)
	}
	return shown, next, nil
}

// Plan implements server.Plans.
func (p Plans) Plan(ctx context.Context, connection string) (server.Plan, error) {
	one, err := p.Store.Plan(ctx, connection)
	if errors.Is(err, store.ErrNotFound) {
		return server.Plan{Connection: connection}, nil
	}
	return show(one), err
}

func show(p store.Plan) server.Plan {
	shown := server.Plan{
		Connection: p.Connection, Next: p.NextDue, Paused: p.Paused, FailuresInRow: p.FailuresInRow, Disabled: p.GaveUp,
		Last: last(p.Last),
	}
	if p.Paused {
		shown.By = api.PausedByAPI
	}
	if a := p.Running(); a != nil {
		run := scheduler.RunOf(p)
		shown.Asked, shown.Reason, shown.Key = a.At, a.Reason, run.Key()
	}
	return shown
}

func last(l *store.LastSync) *api.LastSync {
	if l == nil || l.ID == 0 {
		return nil
	}
	return &api.LastSync{
		ID: l.ID, Status: api.Status(l.Status), Started: l.Started, Ended: l.Ended,
		Records: l.Records, Bytes: l.Bytes, Reasons: l.Reasons,
	}
}
