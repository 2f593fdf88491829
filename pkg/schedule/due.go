package schedule

import "time"

// Past is what is known of a connection's syncs. Times that are not known are
// zero.
type Past struct {
	// Since is when the schedule began to count: the connection was first seen,
	// its schedule was changed, or it was resumed. What was due before is
	// nobody's concern. It is never zero.
	Since time.Time
	// Due is the last due time of the schedule that was asked for, or passed
	// over.
	Due time.Time
	// Start is when the last sync was to start, and End when it ended, whoever
	// asked for it.
	Start, End time.Time
}

// Decision is what to do at a time.
type Decision struct {
	// Due is the due time of the sync to ask for now; zero: none is due.
	Due time.Time
	// Passed is the latest due time that was missed and is not caught up; zero:
	// none. It has to become Past.Due.
	Passed time.Time
	// Next is when to decide again if no sync is asked for; zero: never by
	// itself.
	Next time.Time
}

// Decide says what is due at now for a connection of which no sync is under way.
// The answer depends on its arguments alone, and a Due is always later than
// Past.Due: who keeps it there before asking for the sync asks once.
func (s Schedule) Decide(connection string, p Past, now time.Time) Decision {
	delay := s.delay(connection)
	now = now.Add(-delay)
	occurrences := s.occurrences(p)
	first := occurrences.after(p.from())
	switch {
	case first.IsZero():
		return Decision{}
	case first.After(now):
		return Decision{Next: first.Add(delay)}
	case s.spec.CatchUp == All:
		return Decision{Due: first}
	}
	latest := occurrences.last(first, now)
	if s.spec.CatchUp != Never || now.Sub(latest) <= Punctual {
		return Decision{Due: latest}
	}
	d := Decision{Passed: latest}
	if next := occurrences.after(latest); !next.IsZero() {
		d.Next = next.Add(delay)
	}
	return d
}

// Upcoming is the next due time that is later than now, whatever is due already;
// zero: there is none, or it depends on when the present sync ends.
func (s Schedule) Upcoming(p Past, now time.Time) time.Time {
	if s.spec.From == FromEnd && p.End.Before(p.Due) {
		return time.Time{}
	}
	return s.occurrences(p).after(latest(p.from(), now))
}

// from is the time that due times are later than.
func (p Past) from() time.Time { return latest(p.Since, p.Due) }

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// occurrences are the due times of a schedule.
type occurrences interface {
	// after is the first one after t; zero: there is none.
	after(t time.Time) time.Time
	// last is the last one not after now, of which first is one.
	last(first, now time.Time) time.Time
}

func (s Schedule) occurrences(p Past) occurrences {
	switch {
	case s.cron != nil:
		return clock{s.cron}
	case s.spec.Every == 0:
		return nothing{}
	}
	base := latest(p.Due, p.Start)
	if s.spec.From == FromEnd && !p.End.IsZero() {
		base = p.End
	}
	if base.IsZero() {
		// The first sync of a connection is due at once.
		return interval{p.Since, s.spec.Every, true}
	}
	return interval{base, s.spec.Every, false}
}

type nothing struct{}

func (nothing) after(time.Time) time.Time         { return time.Time{} }
func (nothing) last(first, _ time.Time) time.Time { return first }

// interval has the due times base + every, base + 2*every and so on, and base
// itself if it is new.
type interval struct {
	base  time.Time
	every time.Duration
	isNew bool
}

func (i interval) after(t time.Time) time.Time {
	switch {
	case i.isNew && !t.After(i.base):
		return i.base
	case t.Before(i.base):
		return i.base.Add(i.every)
	}
	return i.last(i.base, t).Add(i.every)
}

func (i interval) last(first, now time.Time) time.Time {
	return now.Add(-(now.Sub(first) % i.every))
}

// clock has the due times of a cron expression.
type clock struct{ cron *cron }

func (c clock) after(t time.Time) time.Time { return c.cron.next(t) }

// last looks back from now, further each time: after a long silence the first
// one is far away, and there may be one a minute.
func (c clock) last(first, now time.Time) time.Time {
	for back := time.Minute; back > 0; back *= 4 {
		from := now.Add(-back)
		if !from.After(first) {
			break
		}
		if t := c.cron.next(from); !t.After(now) {
			first = t
			break
		}
	}
	for {
		t := c.cron.next(first)
		if t.IsZero() || t.After(now) {
			return first
		}
		first = t
	}
}
