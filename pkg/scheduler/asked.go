package scheduler

import (
	"knelt.dev/events"
	"knelt.dev/pkg/store"
)

// RunOf is the run that a plan asked for last; p.Asked must be set.
func RunOf(p store.Plan) events.Run { return runOf(p) }
