package serve

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"knelt.dev/events"
	"knelt.dev/pkg/api/server"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/store"
)

// shown are the documents as the API wants them.
type shown struct{ *Folder }

// Connections implements server.Documents.
func (s shown) Connections(context.Context) ([]server.Document, error) {
	r, err := s.documents()
	if err != nil {
		return nil, err
	}
	all := make([]server.Document, 0, len(r.Set.Connections))
	for _, c := range r.Set.Connections {
		all = append(all, r.document(c))
	}
	return all, nil
}

func (r *reading) document(c *connection.Connection) server.Document {
	return server.DocumentOf(c.Metadata, c, r.problems[c.Metadata.Name])
}

// Connection implements server.Documents.
func (s shown) Connection(_ context.Context, ref events.Ref) (server.Document, error) {
	r, err := s.documents()
	if err != nil {
		return server.Document{}, err
	}
	c, ok := r.Set.Connections[ref.Name]
	if !ok || c.Metadata.Namespace != ref.Namespace {
		return server.Document{}, missing("Connection", ref)
	}
	return r.document(c), nil
}

// Sources implements server.Documents.
func (s shown) Sources(context.Context) ([]*connection.Source, error) {
	r, err := s.documents()
	if err != nil {
		return nil, err
	}
	return slices.Collect(maps.Values(r.Set.Sources)), nil
}

// Destinations implements server.Documents.
func (s shown) Destinations(context.Context) ([]*connection.Destination, error) {
	r, err := s.documents()
	if err != nil {
		return nil, err
	}
	return slices.Collect(maps.Values(r.Set.Destinations)), nil
}

// Get finds a connection with its two ends, for those who run it.
func (f *Folder) Get(_ context.Context, ref events.Ref) (*events.Documents, error) {
	r, err := f.documents()
	if err != nil {
		return nil, err
	}
	c, ok := r.Set.Connections[ref.Name]
	if !ok || c.Metadata.Namespace != ref.Namespace {
		return nil, missing("Connection", ref)
	}
	d := &events.Documents{Connection: c}
	if d.Source, err = r.SourceOf(c); err != nil {
		return nil, err
	}
	d.Destination, err = r.DestinationOf(c)
	return d, err
}

// Resource finds a Source or a Destination, for those who ask it.
func (f *Folder) Resource(_ context.Context, n events.Resource) (*events.Document, error) {
	r, err := f.documents()
	if err != nil {
		return nil, err
	}
	if s, ok := r.Set.Sources[n.Name]; ok && n.Kind == events.SourceKind && s.Metadata.Namespace == n.Namespace {
		return &events.Document{Source: s}, nil
	}
	if d, ok := r.Set.Destinations[n.Name]; ok && n.Kind == events.DestinationKind && d.Metadata.Namespace == n.Namespace {
		return &events.Document{Destination: d}, nil
	}
	return nil, missing(string(n.Kind), events.Ref{Namespace: n.Namespace, Name: n.Name})
}

func missing(kind string, ref events.Ref) error {
	return fmt.Errorf("there is no %s %s in the files that are served: %w", kind, ref, store.ErrNotFound)
}
