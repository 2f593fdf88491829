package main

import (
	"context"
	"maps"
	"slices"
	"strings"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connection"
)

// knownStreams are those that the connection names, was synced with, or has
// state of.
func (s *session) knownStreams(ctx context.Context, conn *connection.Connection) ([]airbyte.Descriptor, error) {
	known := map[airbyte.Descriptor]bool{}
	for _, selected := range conn.Spec.Streams {
		known[airbyte.Descriptor{Namespace: selected.Namespace, Name: selected.Name}] = true
	}
	generations, err := s.store.Generations(ctx, conn.Metadata.Key())
	if err != nil {
		return nil, err
	}
	for d := range generations {
		known[d] = true
	}
	checkpoint, err := s.store.Checkpoint(ctx, conn.Metadata.Key())
	if err != nil {
		return nil, err
	}
	for _, position := range checkpoint.Positions {
		if position.Stream.Name != "" {
			known[position.Stream] = true
		}
	}
	return slices.SortedFunc(maps.Keys(known), func(a, b airbyte.Descriptor) int {
		return strings.Compare(a.String(), b.String())
	}), nil
}

// findStream finds the stream that a user means by NAME or NAMESPACE.NAME; both
// may hold dots themselves. What nothing is known of is taken as a bare name.
func findStream(name string, known []airbyte.Descriptor) (airbyte.Descriptor, error) {
	var same []airbyte.Descriptor
	for _, d := range known {
		if d.String() == name {
			return d, nil
		}
		if d.Name == name {
			same = append(same, d)
		}
	}
	switch len(same) {
	case 0:
		return airbyte.Descriptor{Name: name}, nil
	case 1:
		return same[0], nil
	}
	return airbyte.Descriptor{}, usagef("several streams are named %q: say which, with its namespace: %s", name, list(same))
}

func list(streams []airbyte.Descriptor) string {
	names := make([]string, len(streams))
	for i, d := range streams {
		names[i] = d.String()
	}
	return strings.Join(names, ", ")
}
