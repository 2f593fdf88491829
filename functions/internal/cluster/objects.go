package cluster

import (
	"context"
	"fmt"

	"knelt.dev/events"
	"knelt.dev/pkg/api/server"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/connection/crd"
	"knelt.dev/pkg/scheduler"
	"knelt.dev/pkg/store"
)

// objects are those of the API server, for the scheduler and for the API.
type objects struct{ *crd.Objects }

// List implements scheduler.Documents.
func (o objects) List(ctx context.Context) ([]scheduler.Document, error) {
	found, err := o.Objects.List(ctx)
	list := make([]scheduler.Document, len(found))
	for i, one := range found {
		list[i] = scheduler.Document{Ref: refOf(one.Metadata), Revision: one.Revision, Connection: one.Connection, Problem: text(one.Problem)}
	}
	return list, err
}

// Connections implements server.Documents.
func (o objects) Connections(ctx context.Context) ([]server.Document, error) {
	found, err := o.Objects.List(ctx)
	list := make([]server.Document, len(found))
	for i, one := range found {
		list[i] = server.DocumentOf(one.Metadata, one.Connection, text(one.Problem))
	}
	return list, err
}

// Connection implements server.Documents.
func (o objects) Connection(ctx context.Context, ref events.Ref) (server.Document, error) {
	all, err := o.Objects.List(ctx)
	if err != nil {
		return server.Document{}, err
	}
	for _, one := range all {
		if refOf(one.Metadata) == ref {
			return server.DocumentOf(one.Metadata, one.Connection, text(one.Problem)), nil
		}
	}
	return server.Document{}, fmt.Errorf("there is no Connection %s: %w", ref, store.ErrNotFound)
}

func refOf(m connection.Metadata) events.Ref { return events.Ref{Namespace: m.Namespace, Name: m.Name} }

func text(problem error) string {
	if problem == nil {
		return ""
	}
	return problem.Error()
}
