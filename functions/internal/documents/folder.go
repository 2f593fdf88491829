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
// or store.ErrNotFound. What is wrong with other documents does not matter.
func (f Folder) Get(_ context.Context, ref events.Ref) (*events.Documents, error) {
	docs, err := f.load()
	if err != nil {
		return nil, err
	}
	c, ok := docs.Set.Connections[ref.Name]
	if !ok || !here(ref.Namespace, c.Metadata) {
		return nil, docs.missing(connection.KindConnection, ref.Namespace, ref.Name, ref.String())
	}
	d := &events.Documents{Connection: c}
	if d.Source, err = docs.Set.SourceOf(c); err != nil {
		return nil, docs.because(connection.KindSource, c.Spec.Source, err)
	}
	if d.Destination, err = docs.Set.DestinationOf(c); err != nil {
		return nil, docs.because(connection.KindDestination, c.Spec.Destination, err)
	}
	return d, nil
}

// Resource finds a Source or a Destination; errors as of Get.
func (f Folder) Resource(_ context.Context, r events.Resource) (*events.Document, error) {
	docs, err := f.load()
	if err != nil {
		return nil, err
	}
	if s, ok := docs.Set.Sources[r.Name]; ok && r.Kind == events.SourceKind && here(r.Namespace, s.Metadata) {
		return &events.Document{Source: s}, nil
	}
	if d, ok := docs.Set.Destinations[r.Name]; ok && r.Kind == events.DestinationKind && here(r.Namespace, d.Metadata) {
		return &events.Document{Destination: d}, nil
	}
	return nil, docs.missing(string(r.Kind), r.Namespace, r.Name, r.String())
}

// loaded are the documents of a folder.
type loaded struct{ *connection.Each }

func (f Folder) load() (loaded, error) {
	if f == "" {
		return loaded{&connection.Each{Set: &connection.Set{}}}, nil
	}
	each, err := connection.LoadEach(string(f))
	return loaded{each}, err
}

// because gives what is wrong with a document that is not there for that reason,
// else otherwise.
func (l loaded) because(kind, name string, otherwise error) error {
	for _, b := range l.Broken {
		if b.Kind == kind && b.Metadata.Name == name {
			return b.Problems
		}
	}
	return otherwise
}

// missing is the error for a document that is not there.
func (l loaded) missing(kind, namespace, name, title string) error {
	for _, b := range l.Broken {
		if b.Kind == kind && b.Metadata.Name == name && here(namespace, b.Metadata) {
			return b.Problems
		}
	}
	return missing(kind, title)
}

func here(namespace string, m connection.Metadata) bool { return namespace == m.Namespace }

func missing(kind, name string) error {
	return fmt.Errorf("there is no %s %s among the documents of this function: %w", kind, name, store.ErrNotFound)
}
