package main

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"strings"

	"knelt.dev/events"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/api/client"
	"knelt.dev/pkg/connection"
)

// in puts the namespace of --namespace before a name that has none. What then
// is meant, connection.Find decides.
func (r *remote) in(name string) string {
	if r.namespace == "" || strings.Contains(name, "/") {
		return name
	}
	return r.namespace + "/" + name
}

// target takes [CONNECTION] [SYNC[-ATTEMPT]] apart. A single word is a sync if it
// looks like one and no connection is named so.
func target(args []string, named func(string) (bool, error)) (name string, id syncID, err error) {
	name = first(args)
	switch {
	case len(args) == 2:
		id, err = parseSyncID(args[1])
		return name, id, err
	case !syncIDForm.MatchString(name):
		return name, id, nil
	}
	if is, err := named(name); is || err != nil {
		return name, id, err
	}
	id, err = parseSyncID(name)
	return "", id, err
}

// target gives the connection that is named, of files, and the sync of it.
func (s *session) target(r *remote, args []string) (*connection.Connection, syncID, error) {
	name, id, err := target(args, func(word string) (bool, error) {
		for _, conn := range s.set.Connections {
			if conn.Metadata.Name == word {
				return true, nil
			}
		}
		return false, nil
	})
	if err != nil {
		return nil, id, err
	}
	conn, err := s.set.Connection(r.in(name))
	return conn, id, err
}

// target is the same of a server's connections.
func (f *far) target(ctx context.Context, args []string) (events.Ref, syncID, error) {
	name, id, err := target(args, func(word string) (bool, error) {
		keys, err := f.keys(ctx, word)
		for _, key := range keys {
			if refOf(key).Name == word {
				return true, nil
			}
		}
		return false, err
	})
	if err != nil {
		return events.Ref{}, id, err
	}
	ref, err := f.one(ctx, name)
	return ref, id, err
}

// refOf reads a key: NAME or NAMESPACE/NAME, of which a namespace of - is none.
func refOf(key string) events.Ref {
	namespace, name, ok := strings.Cut(key, "/")
	switch {
	case !ok:
		return events.Ref{Name: key}
	case namespace == "-":
		return events.Ref{Name: name}
	}
	return events.Ref{Namespace: namespace, Name: name}
}

// rows gives the server's connections, of --namespace if it is given.
func (f *far) rows(ctx context.Context, filter client.Filter) iter.Seq2[api.Connection, error] {
	return func(yield func(api.Connection, error) bool) {
		for c, err := range f.Connections(ctx, filter) {
			wanted := err != nil || f.namespace == "" || connection.InNamespace(nameOf(c), f.namespace)
			if wanted && !yield(c, err) {
				return
			}
		}
	}
}

func nameOf(c api.Connection) string {
	return events.Ref{Namespace: c.Namespace, Name: c.Name}.String()
}

// keys gives those of the server's connections that hold what is searched for.
func (f *far) keys(ctx context.Context, search string) ([]string, error) {
	var keys []string
	for c, err := range f.Connections(ctx, client.Filter{Search: search}) {
		if err != nil {
			return nil, err
		}
		keys = append(keys, nameOf(c))
	}
	return keys, nil
}

// one gives the connection that is meant. One that is named with its namespace is
// not looked up: lists are a second old, and what it is needed for tells whether
// it is there.
func (f *far) one(ctx context.Context, name string) (events.Ref, error) {
	name = f.in(name)
	if ref := refOf(name); strings.Contains(name, "/") && ref.Name != "" {
		f.meant = name
		return ref, nil
	}
	keys, err := f.keys(ctx, strings.TrimPrefix(name, "-/"))
	if err != nil {
		return events.Ref{}, err
	}
	key, err := connection.Find(name, keys)
	if err != nil {
		return events.Ref{}, f.lacks(ctx, name, err)
	}
	return refOf(key), nil
}

// explain says of a connection that is not there which ones are near.
func (f *far) explain(ctx context.Context, err error) error {
	var answered *client.Error
	if f.meant == "" || !errors.As(err, &answered) || answered.Status != http.StatusNotFound {
		return err
	}
	return f.lacks(ctx, f.meant, err)
}

// lacks gives what Find says of a name among all connections; what was known
// before, if it is there after all or that cannot be told.
func (f *far) lacks(ctx context.Context, name string, before error) error {
	keys, err := f.keys(ctx, "")
	if err != nil {
		return before
	}
	if _, err := connection.Find(name, keys); err != nil {
		return err
	}
	return before
}
