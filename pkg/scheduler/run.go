package scheduler

import (
	"strings"

	"knelt.dev/events"
	"knelt.dev/pkg/store"
)

// refOf reads a key of a connection: "NAMESPACE/NAME", or a bare name.
func refOf(key string) events.Ref {
	namespace, name, namespaced := strings.Cut(key, "/")
	if !namespaced {
		return events.Ref{Name: key}
	}
	return events.Ref{Namespace: namespace, Name: name}
}

// runOf is the run that a plan asked for last.
func runOf(p store.Plan) events.Run {
	return events.Run{Connection: refOf(p.Connection), Due: p.Asked.Due, Attempt: p.Asked.Attempt, Kind: events.Kind(p.Asked.Kind)}
}

// asks tells whether a run is the one that a plan asked for last.
func asks(p store.Plan, run events.Run) bool {
	if p.Asked == nil {
		return false
	}
	mine := runOf(p)
	return mine.Key() == run.Key()
}
