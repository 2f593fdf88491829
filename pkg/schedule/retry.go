package schedule

import (
	"fmt"
	"time"
)

// Policy says what follows from syncs that do not succeed. The zero value has
// the defaults.
type Policy struct {
	// Backoff is the wait after the first failure in a row (default 1m); it is
	// tripled with each further one, up to Longest (default 1h).
	Backoff, Longest time.Duration
	// Tries is how many requests in a row may be made for one due time without
	// getting any further (default 3).
	Tries int
	// GiveUp is how many syncs in a row may fail without getting any further
	// before the connection is given up (default 20).
	GiveUp int
}

// WithDefaults completes p.
func (p Policy) WithDefaults() Policy {
	def(&p.Backoff, time.Minute)
	def(&p.Longest, time.Hour)
	def(&p.Tries, 3)
	def(&p.GiveUp, 20)
	return p
}

func def[T int | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// MostQuota is how long a rate limit is believed: sources have been seen to name
// times that are years away.
const MostQuota = 24 * time.Hour

// Ending is how a sync ended.
type Ending struct {
	At time.Time
	// Succeeded and Cancelled exclude each other; neither: it failed, or was
	// incomplete.
	Succeeded, Cancelled bool
	// Moved tells that the checkpoint moved, so that the next try gets further.
	Moved bool
	// Final tells that trying again cannot help before somebody changes
	// something.
	Final bool
	// Quota is when the source's rate limit ends; zero: it told of none.
	Quota time.Time
	// Reason why it did not succeed, for users.
	Reason string
}

// Streak is what is counted between two successes.
type Streak struct {
	// Failures in a row that got no further.
	Failures int
	// Tries are the requests in a row for the present due time that got no
	// further.
	Tries int
}

// Verdict is what follows from an Ending.
type Verdict struct {
	Streak
	// Retry is when to ask again for the same due time; zero: never.
	Retry time.Time
	// NotBefore is when the connection may be asked for at all by its schedule;
	// zero: whenever it is due.
	NotBefore time.Time
	// GaveUp says why nothing is asked for any more until somebody changes or
	// resumes the connection; empty: it goes on.
	GaveUp string
}

// Judge says what follows when a sync ends. Streak is what was counted before,
// without it.
//
// A sync that got further is no failure, however it ended: it is gone on with
// after the first backoff. A rate limit is waited for and counts for nothing.
// Whatever else fails is tried again for the same due time, later each time, and
// so are its next due times; what only a user can mend is left to those alone.
func (p Policy) Judge(before Streak, e Ending) Verdict {
	p = p.WithDefaults()
	switch {
	case e.Succeeded:
		return Verdict{}
	case e.Cancelled:
		return Verdict{Streak: Streak{Failures: before.Failures}}
	case e.Quota.After(e.At):
		until := earliest(e.Quota, e.At.Add(MostQuota))
		if e.Moved {
			before = Streak{}
		}
		return Verdict{Streak: before, Retry: until, NotBefore: until}
	case e.Moved && !e.Final:
		return Verdict{Retry: e.At.Add(p.Backoff)}
	case e.Moved:
		return Verdict{}
	}
	return p.failed(Streak{before.Failures + 1, before.Tries + 1}, e)
}

func (p Policy) failed(s Streak, e Ending) Verdict {
	if s.Failures >= p.GiveUp {
		return Verdict{Streak: s, GaveUp: fmt.Sprintf("%d syncs in a row failed without getting any further, the last one because: %s", s.Failures, e.Reason)}
	}
	v := Verdict{Streak: s, NotBefore: e.At.Add(p.wait(s.Failures))}
	if !e.Final && s.Tries < p.Tries {
		v.Retry = v.NotBefore
	}
	return v
}

// wait is the backoff after n failures in a row.
func (p Policy) wait(n int) time.Duration {
	wait := p.Backoff
	for range n - 1 {
		if wait = min(3*wait, p.Longest); wait == p.Longest {
			break
		}
	}
	return wait
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
