package documents

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"knelt.dev/events"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/scheduler"
)

// List implements scheduler.Documents: a document with a mistake, or whose
// source or destination has one, is told with it. A file that cannot be read at
// all is an error, for nobody knows what it holds. A folder without files has no
// connections, as where nobody has made the ConfigMap yet.
func (f Folder) List(context.Context) ([]scheduler.Document, error) {
	if f != "" {
		if empty, err := f.empty(); empty || err != nil {
			return nil, err
		}
	}
	docs, err := f.load()
	if err != nil {
		return nil, err
	}
	var list []scheduler.Document
	for _, name := range slices.Sorted(maps.Keys(docs.Set.Connections)) {
		list = append(list, docs.judge(docs.Set.Connections[name]))
	}
	for _, b := range docs.Broken {
		if b.Kind == connection.KindConnection {
			text := b.Problems.Error()
			list = append(list, scheduler.Document{Ref: refOf(b.Metadata), Revision: connection.Revision(text), Problem: text})
		}
	}
	return list, nil
}

// empty tells that there is no file but hidden ones.
func (f Folder) empty() (bool, error) {
	entries, err := os.ReadDir(string(f))
	if err != nil {
		return false, err
	}
	return !slices.ContainsFunc(entries, func(e os.DirEntry) bool { return !strings.HasPrefix(e.Name(), ".") }), nil
}

// judge judges a connection by its ends.
func (l loaded) judge(c *connection.Connection) scheduler.Document {
	d := scheduler.Document{Ref: refOf(c.Metadata), Connection: c}
	source, err := l.Set.SourceOf(c)
	if err != nil {
		d.Problem = l.because(connection.KindSource, c.Spec.Source, err).Error()
	}
	destination, err := l.Set.DestinationOf(c)
	if err != nil && d.Problem == "" {
		d.Problem = l.because(connection.KindDestination, c.Spec.Destination, err).Error()
	}
	d.Revision = connection.Revision(c, source, destination, d.Problem)
	return d
}

func refOf(m connection.Metadata) events.Ref { return events.Ref{Namespace: m.Namespace, Name: m.Name} }

// Version differs once a file of the folder does: by names, sizes and times.
func (f Folder) Version(context.Context) (string, error) {
	if f == "" {
		return "none", nil
	}
	entries, err := os.ReadDir(string(f))
	if err != nil {
		return "", err
	}
	var parts []any
	for _, e := range entries {
		info, err := os.Stat(filepath.Join(string(f), e.Name())) // a ConfigMap's files are links
		if err != nil {
			return "", err
		}
		if !info.IsDir() {
			parts = append(parts, e.Name(), info.Size(), info.ModTime().UnixNano())
		}
	}
	return connection.Revision(parts...), nil
}
