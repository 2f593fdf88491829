package scheduler

import (
	"crypto/rand"
	"time"

	"knelt.dev/events"
	"knelt.dev/pkg/schedule"
	"knelt.dev/pkg/store"
)

const (
	// claim is how long whoever has written a request down has to send it, before
	// another does.
	claim = 30 * time.Second
	// watchEvery is how often a sync that runs is looked after.
	watchEvery = time.Minute
)

// decide says what a plan asks for at now, and when to look at it again if it
// asks for nothing. A new request is in Asked, neither sent nor ended.
func decide(p store.Plan, now time.Time) (store.Plan, error) {
	s, err := schedule.Parse(p.Spec)
	if err != nil {
		return p, err
	}
	if p.Running() != nil {
		p.NextDue = s.Upcoming(past(p), now)
		return p, nil
	}
	p.Next, p.NextDue = time.Time{}, time.Time{}
	if blocked(p) {
		return p, nil
	}
	if !p.Retry.IsZero() && !p.Retry.After(now) {
		again := *p.Asked
		p = request(p, store.Asked{Kind: again.Kind, Due: again.Due, Attempt: again.Attempt + 1, Reason: string(events.ByRetry), Refresh: again.Refresh}, now)
		p.NextDue = s.Upcoming(past(p), now)
		return p, nil
	}
	if p.NotBefore.After(now) {
		p.NextDue = s.Upcoming(past(p), now)
		p.Next = soonest(p.Retry, p.NotBefore)
		if s.Manual() {
			p.Next = p.Retry
		}
		return p, nil
	}
	d := s.Decide(p.Connection, past(p), now)
	if !d.Passed.IsZero() {
		p.Due = d.Passed
	}
	p.Next = soonest(p.Retry, d.Next)
	if !d.Due.IsZero() {
		p.Due = d.Due
		p = request(p, store.Asked{Kind: string(events.Sync), Due: d.Due, Attempt: 1, Reason: string(events.BySchedule)}, now)
		p.Tries = 0
	}
	p.NextDue = s.Upcoming(past(p), now)
	return p, nil
}

// request puts a new request into a plan.
func request(p store.Plan, a store.Asked, now time.Time) store.Plan {
	a.At = now
	p.Asked, p.Retry = &a, time.Time{}
	return p
}

// claimed marks a request that is about to be sent as one's own.
func claimed(p store.Plan, now time.Time) store.Plan {
	a := *p.Asked
	a.By = rand.Text()[:8]
	p.Asked, p.Next = &a, now.Add(claim)
	return p
}

// blocked tells that nothing may be asked for by itself.
func blocked(p store.Plan) bool {
	return p.Paused || p.PausedBySpec || p.Problem != "" || p.GaveUp != ""
}

// past is what the schedule has to know.
func past(p store.Plan) schedule.Past {
	h := schedule.Past{Since: p.Since, Due: p.Due}
	if p.Asked != nil {
		h.Start = p.Asked.Due
	}
	if p.Last != nil {
		h.End = p.Last.Ended
		if p.Last.Due.After(h.Start) {
			h.Start = p.Last.Due
		}
	}
	return h
}

// soonest is the earlier of two times; the zero time is none.
func soonest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
