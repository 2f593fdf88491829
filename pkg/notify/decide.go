package notify

import (
	"knelt.dev/events"
)

// Transition decides what a result is an occasion for, and how the connection
// stands then. Empty: there is nothing to tell. It is pure, and a result that
// comes again, or after a later one, changes nothing.
//
// A cancelled sync says nothing about whether the connection works.
func Transition(s Standing, r *events.SyncResult) (Occasion, Standing) {
	if !r.Ended.After(s.Ended) || r.Outcome == events.Cancelled {
		return "", s
	}
	was := s
	s.Ended = r.Ended
	if r.Outcome == events.Succeeded {
		s.Failing = false
		if was.Failing {
			return Recovery, s // Since tells for how long it failed
		}
		return "", s
	}
	s.Failing = true
	if was.Failing {
		return "", s
	}
	s.Since = r.Ended
	return Failure, s
}
