package crd

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"

	"knelt.dev/pkg/connection"
)

// List gives all Connections, by namespace and name. The first call reads all
// objects; after that they are watched, and a call costs no request. A change
// is seen within moments.
func (o *Objects) List(ctx context.Context) ([]connection.Listed, error) {
	c, err := o.watched(ctx)
	if err != nil {
		return nil, err
	}
	sources, destinations := c.all(connection.KindSource), c.all(connection.KindDestination)
	connections := c.all(connection.KindConnection)
	list := make([]connection.Listed, 0, len(connections))
	for _, conn := range connections {
		list = append(list, connection.Listed{
			Metadata: conn.metadata(), Connection: conn.connection, Revision: revisionOf(conn, sources, destinations),
			Problem: judge(conn, sources, destinations).problem(),
		})
	}
	slices.SortFunc(list, func(a, b connection.Listed) int {
		return cmp.Or(cmp.Compare(a.Metadata.Namespace, b.Metadata.Namespace), cmp.Compare(a.Metadata.Name, b.Metadata.Name))
	})
	return list, nil
}

// revisionOf names the versions of a connection and of its ends.
func revisionOf(conn *object, sources, destinations map[string]*object) string {
	all := []*object{conn}
	if conn.connection != nil {
		all = append(all, sources[conn.Namespace+"/"+conn.connection.Spec.Source], destinations[conn.Namespace+"/"+conn.connection.Spec.Destination])
	}
	digest := sha256.New()
	for _, one := range all {
		one.hash(digest)
	}
	return hex.EncodeToString(digest.Sum(nil)[:16])
}

// Version gives a text that differs once any object does, but for its status, in
// whatever process it is asked for.
func (o *Objects) Version(ctx context.Context) (string, error) {
	c, err := o.watched(ctx)
	if err != nil {
		return "", err
	}
	return c.version(), nil
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
