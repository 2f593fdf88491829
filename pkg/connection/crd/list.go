package crd

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"knelt.dev/events"
	"knelt.dev/pkg/connection"
)

// Listed is a Connection as List found it.
type Listed struct {
	Ref events.Ref
	// Connection, complete and checked; nil if there is a problem with its own
	// fields.
	Connection *connection.Connection
	// Problem is nil, or a *connection.Problems: what is wrong with it or with one
	// of its ends, so that it cannot be synced.
	Problem error
}

// List gives all Connections, by namespace and name. The first call reads all
// objects; after that they are watched, and a call costs no request. A change
// is seen within moments.
func (o *Objects) List(ctx context.Context) ([]Listed, error) {
	c, err := o.watched(ctx)
	if err != nil {
		return nil, err
	}
	sources, destinations := c.all(connection.KindSource), c.all(connection.KindDestination)
	connections := c.all(connection.KindConnection)
	list := make([]Listed, 0, len(connections))
	for _, conn := range connections {
		list = append(list, Listed{
			Ref:        events.Ref{Namespace: conn.Namespace, Name: conn.Name},
			Connection: conn.connection, Problem: judge(conn, sources, destinations).problem(),
		})
	}
	slices.SortFunc(list, func(a, b Listed) int {
		return cmp.Or(cmp.Compare(a.Ref.Namespace, b.Ref.Namespace), cmp.Compare(a.Ref.Name, b.Ref.Name))
	})
	return list, nil
}

// Sources gives all Sources that have no problem.
func (o *Objects) Sources(ctx context.Context) ([]*connection.Source, error) {
	return ends(ctx, o, connection.KindSource, func(one *object) *connection.Source { return one.source })
}

// Destinations gives all Destinations that have no problem.
func (o *Objects) Destinations(ctx context.Context) ([]*connection.Destination, error) {
	return ends(ctx, o, connection.KindDestination, func(one *object) *connection.Destination { return one.destination })
}

func ends[T any](ctx context.Context, o *Objects, kind string, document func(*object) *T) ([]*T, error) {
	c, err := o.watched(ctx)
	if err != nil {
		return nil, err
	}
	all, list := c.all(kind), []*T{}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if one := all[key]; one.problem == nil {
			list = append(list, document(one))
		}
	}
	return list, nil
}

// watched gives the cache, once it is complete.
func (o *Objects) watched(ctx context.Context) (*cache, error) {
	o.mu.Lock()
	if o.cache == nil {
		c, err := newCache(o.client, o.namespaces)
		if err != nil {
			o.mu.Unlock()
			return nil, err
		}
		o.cache = c
	}
	c := o.cache
	o.mu.Unlock()
	return c, c.synced(ctx)
}
