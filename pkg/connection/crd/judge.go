package crd

import (
	"errors"

	"knelt.dev/pkg/connection"
)

// judgement is what is wrong with a connection and its two ends; nil where
// nothing is.
type judgement struct {
	own, source, destination error
	// unread tells that the ends are not known, since the connection cannot be read.
	unread bool
}

func judge(c *object, sources, destinations map[string]*object) judgement {
	j := judgement{own: c.problem}
	if c.connection == nil {
		j.unread = true
		return j
	}
	spec := c.connection.Spec
	j.source = endProblem(c, sources, connection.KindSource, "spec.source", spec.Source)
	j.destination = endProblem(c, destinations, connection.KindDestination, "spec.destination", spec.Destination)
	return j
}

func endProblem(c *object, ends map[string]*object, kind, field, name string) error {
	end, ok := ends[c.Namespace+"/"+name]
	if !ok {
		return missing(c, kind, field, name)
	}
	return end.problem
}

// problem gives everything that keeps the connection from being synced.
func (j judgement) problem() error {
	var list []connection.Problem
	for _, err := range []error{j.own, j.source, j.destination} {
		var found *connection.Problems
		switch {
		case err == nil:
		case errors.As(err, &found):
			list = append(list, found.List...)
		default:
			return err
		}
	}
	return problems(list)
}
