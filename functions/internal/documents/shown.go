package documents

import (
	"context"
	"maps"
	"slices"

	"knelt.dev/events"
	"knelt.dev/pkg/api/server"
	"knelt.dev/pkg/connection"
)

// Shown is a folder's documents for the API, too.
type Shown struct{ Folder }

// Connections implements server.Documents.
func (s Shown) Connections(ctx context.Context) ([]server.Document, error) {
	found, err := s.List(ctx)
	list := make([]server.Document, len(found))
	for i, d := range found {
		list[i] = server.DocumentOf(connection.Metadata{Namespace: d.Ref.Namespace, Name: d.Ref.Name}, d.Connection, d.Problem)
	}
	return list, err
}

// Connection implements server.Documents.
func (s Shown) Connection(ctx context.Context, ref events.Ref) (server.Document, error) {
	found, err := s.List(ctx)
	if err != nil {
		return server.Document{}, err
	}
	for _, d := range found {
		if d.Ref == ref {
			return server.DocumentOf(connection.Metadata{Namespace: ref.Namespace, Name: ref.Name}, d.Connection, d.Problem), nil
		}
	}
	return server.Document{}, missing(connection.KindConnection, ref.String())
}

// Sources implements server.Documents.
func (s Shown) Sources(context.Context) ([]*connection.Source, error) {
	docs, err := s.load()
	if err != nil {
		return nil, err
	}
	return slices.Collect(maps.Values(docs.Set.Sources)), nil
}

// Destinations implements server.Documents.
func (s Shown) Destinations(context.Context) ([]*connection.Destination, error) {
	docs, err := s.load()
	if err != nil {
		return nil, err
	}
	return slices.Collect(maps.Values(docs.Set.Destinations)), nil
}
