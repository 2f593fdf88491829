package scheduler

import (
	"cmp"
	"time"

	"knelt.dev/pkg/schedule"
	"knelt.dev/pkg/store"
)

// replan brings a plan up to a document. A schedule that changed, or was paused,
// counts from now; a connection that was given up gets another chance.
func replan(p store.Plan, d Document, now time.Time) store.Plan {
	was := blocked(p)
	if p.Version == 0 {
		p.Connection, p.Since = d.Ref.String(), now
	}
	if p.Revision != d.Revision {
		p.GaveUp, p.FailuresInRow, p.NotBefore = "", 0, time.Time{}
	}
	p.Revision, p.Problem = d.Revision, d.Problem
	if d.Connection == nil {
		return p
	}
	c := d.Connection.Spec
	spec := c.Schedule.Plan()
	s, err := schedule.Parse(spec)
	if err != nil { // of a document that nobody has checked
		p.Problem = cmp.Or(p.Problem, err.Error())
		return p
	}
	if p.Version > 0 && spec != p.Spec {
		p.Since = now
	}
	paused := p.PausedBySpec
	p.Source, p.Destination, p.PausedBySpec = c.Source, c.Destination, c.Paused
	p.Spec, p.Schedule = spec, s.String()
	if paused && was && !blocked(p) {
		p.Since = now
	}
	return p
}

// farAhead is what no time in a plan can be ahead of a clock that is right, but
// those of a schedule: beyond it the plan was written while a clock was wrong.
const farAhead = 25 * time.Hour

// heal puts in order what a clock that was wrong has left; wrong is false if
// nothing is to be mended.
func heal(p store.Plan, now time.Time) (_ store.Plan, wrong bool) {
	limit := now.Add(farAhead)
	if p.Since.After(limit) || p.Due.After(limit) {
		p.Since, p.Due, wrong = now, time.Time{}, true
	}
	if p.NotBefore.After(limit) {
		p.NotBefore, wrong = time.Time{}, true
	}
	if p.Retry.After(limit) {
		p.Retry, wrong = now, true
	}
	if p.Running() != nil {
		return healRunning(p, now, wrong)
	}
	d, err := decide(p, now)
	switch {
	case err != nil:
	case d.Running() != nil && (p.Next.IsZero() || p.Next.After(now)):
		p.Next, wrong = now, true
	case d.Running() == nil && d.Next.UnixMilli() != p.Next.UnixMilli():
		p.Next, wrong = d.Next, true
	}
	return p, wrong
}

// healRunning has what runs looked after now, if it were too late.
func healRunning(p store.Plan, now time.Time, wrong bool) (store.Plan, bool) {
	if !p.Next.IsZero() && !p.Next.After(now.Add(2*watchEvery)) {
		return p, wrong
	}
	a := *p.Asked
	a.At, a.Sent, a.Seen = earlier(a.At, now), earlier(a.Sent, now), earlier(a.Seen, now)
	p.Asked, p.Next = &a, now
	return p, true
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
