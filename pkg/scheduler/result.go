package scheduler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"knelt.dev/events"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/schedule"
	"knelt.dev/pkg/store"
)

const configError = airbyte.ConfigError

// Result learns how a sync ended, and decides what follows. It may come twice,
// late, and of syncs that somebody else asked for. The error is the store's:
// then it has to come again.
func (s *Scheduler) Result(ctx context.Context, r *events.SyncResult) error {
	return s.update(ctx, r.Connection.String(), func(p store.Plan) (store.Plan, bool, error) {
		p, news := s.learn(p, r)
		if !news {
			return p, false, nil
		}
		p, err := settle(p, r.Ended)
		return p, true, err
	})
}

// Started learns that a request has become a sync.
func (s *Scheduler) Started(ctx context.Context, r *events.SyncStart) error {
	return s.update(ctx, r.Connection.String(), func(p store.Plan) (store.Plan, bool, error) {
		if p.Running() == nil || !asks(p, r.Run) || p.Asked.Started.Equal(r.Started) {
			return p, false, nil
		}
		a := *p.Asked
		a.Sync, a.Started, a.Seen = r.Sync, r.Started, latest(a.Seen, r.Started)
		p.Asked = &a
		return p, true, nil
	})
}

// tries is how often a plan is read again that others write.
const tries = 20

// update changes a plan, if there is one and change says that it did.
func (s *Scheduler) update(ctx context.Context, key string, change func(store.Plan) (store.Plan, bool, error)) error {
	var conflict *store.ConflictError
	for range tries {
		p, err := s.Store.Plan(ctx, key)
		if errors.Is(err, store.ErrNotFound) {
			return nil // nothing is planned for it
		}
		if err != nil {
			return err
		}
		p, changed, err := change(p)
		if err != nil {
			return fmt.Errorf("connection %s: %w", key, err)
		}
		if !changed {
			return nil
		}
		if _, err = s.Store.SavePlan(ctx, p); !errors.As(err, &conflict) {
			return err
		}
	}
	return fmt.Errorf("%w: %w", store.ErrUnavailable, conflict)
}

// settle puts in when to look at a plan again that has learnt something. What is
// due by now is for a tick to ask for.
func settle(p store.Plan, now time.Time) (store.Plan, error) {
	if p.Running() != nil {
		return p, nil
	}
	d, err := decide(p, now)
	if err != nil {
		return p, err
	}
	if d.Running() != nil {
		p.Next, p.NextDue = now, d.Asked.Due
		return p, nil
	}
	return d, nil
}

// learn puts a result into a plan; news is false if it tells nothing that the
// plan does not have.
func (s *Scheduler) learn(p store.Plan, r *events.SyncResult) (_ store.Plan, news bool) {
	newer := p.Last == nil || r.Ended.After(p.Last.Ended)
	if newer {
		p.Last = lastOf(r)
		if r.Pause != "" {
			p.Paused, p.PausedFor = true, r.Pause
		}
	}
	if p.Running() == nil || !asks(p, r.Run) {
		if newer && r.Outcome == events.Succeeded {
			// Somebody else has shown that it works.
			p.FailuresInRow, p.GaveUp, p.NotBefore, p.Retry = 0, "", time.Time{}, time.Time{}
		}
		return p, newer
	}
	a := *p.Asked
	a.Ended = true
	if r.Sync != 0 {
		a.Sync = r.Sync
	}
	if a.Started.IsZero() {
		a.Started = r.Started
	}
	p.Asked = &a
	v := s.Policy.Judge(schedule.Streak{Failures: p.FailuresInRow, Tries: p.Tries}, ending(r))
	p.FailuresInRow, p.Tries, p.Retry, p.NotBefore = v.Failures, v.Tries, v.Retry, v.NotBefore
	if v.GaveUp != "" || r.Outcome == events.Succeeded {
		p.GaveUp = v.GaveUp
	}
	return p, true
}

func ending(r *events.SyncResult) schedule.Ending {
	e := schedule.Ending{
		At: r.Ended, Succeeded: r.Outcome == events.Succeeded, Cancelled: r.Outcome == events.Cancelled,
		Moved: r.CheckpointMoved, Quota: r.QuotaReset, Reason: "no reason was given",
	}
	if r.Failure != nil {
		e.Final, e.Reason = r.Failure.Type == configError, r.Failure.Message
	}
	if len(r.Reasons) > 0 {
		e.Reason = r.Reasons[0]
	}
	return e
}

func lastOf(r *events.SyncResult) *store.LastSync {
	l := &store.LastSync{
		ID: r.Sync, Status: store.Status(r.Outcome), Due: r.Due, Attempt: r.Attempt, Started: r.Started, Ended: r.Ended,
		Records: r.Total.Relayed, Bytes: r.Total.Bytes, Reasons: r.Reasons[:min(len(r.Reasons), shownReasons)],
	}
	if r.Failure != nil {
		l.Failure = string(r.Failure.Type)
	}
	return l
}

// shownReasons is how many reasons a row of a list keeps; the sync's record has
// all.
const shownReasons = 3
