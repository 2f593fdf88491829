// Package documents finds the Sources, Destinations and Connections that a
// request names.
package documents

import (
	"context"
	"fmt"

	"knelt.dev/events"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/store"
)

// Folder is a folder of documents, such as a mounted ConfigMap. It is read for
// each request, so that a change counts at once. Empty: there are no documents.
type Folder string

// Get finds a connection and its two ends. The error is a *connection.Problems,
// or store.ErrNotFound.
func (f Folder) Get(_ context.Context, ref events.Ref) (*events.Documents, error) {
	set, err := f.load()
	if err != nil {
		return nil, err
	}
	c, ok := set.Connections[ref.Name]
	if !ok || !here(ref.Namespace, c.Metadata) {
		return nil, missing("Connection", ref.String())
	}
	d := &events.Documents{Connection: c}
	if d.Source, err = set.SourceOf(c); err != nil {
		return nil, err
	}
	d.Destination, err = set.DestinationOf(c)
	return d, err
}

// Resource finds a Source or a Destination; errors as of Get.
func (f Folder) Resource(_ context.Context, r events.Resource) (*events.Document, error) {
	set, err := f.load()
	if err != nil {
		return nil, err
	}
	if s, ok := set.Sources[r.Name]; ok && r.Kind == events.SourceKind && here(r.Namespace, s.Metadata) {
		return &events.Document{Source: s}, nil
	}
	if d, ok := set.Destinations[r.Name]; ok && r.Kind == events.DestinationKind && here(r.Namespace, d.Metadata) {
		return &events.Document{Destination: d}, nil
	}
	return nil, missing(string(r.Kind), r.String())
}

// List gives all connections. A mistake in a file is told of all of them.
func (f Folder) List(context.Context) ([]connection.Listed, error) {
	set, err := f.load()
	if err != nil {
		return nil, err
	}
	return set.List(), nil
}

func (f Folder) load() (*connection.Set, error) {
	if f == "" {
		return &connection.Set{}, nil
	}
	return connection.Load(string(f))
}

func here(namespace string, m connection.Metadata) bool { return namespace == m.Namespace }

func missing(kind, name string) error {
	return fmt.Errorf("there is no %s %s among the documents of this function: %w", kind, name, store.ErrNotFound)
}
