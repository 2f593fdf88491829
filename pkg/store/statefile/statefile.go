// Package statefile brings a connection's checkpoint into the form in which
// connectors, kits and people pass it on, and back.
package statefile

import (
	"context"
	"encoding/json"
	"slices"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
)

// Parse reads a state file as connectors, kits and Write write it. Its error
// says what is wrong with it.
func Parse(text []byte) ([]store.Position, error) {
	states, kind, err := airbyte.ParseStateFile(text)
	if err != nil {
		return nil, err
	}
	var positions []store.Position
	for _, state := range states {
		p := store.Position{Kind: kind, State: state}
		if kind == airbyte.StreamState {
			var m airbyte.StateMessage
			if err := airbyte.Unmarshal(state, &m); err != nil {
				return nil, err
			}
			if m.Stream != nil {
				p.Stream = m.Stream.Descriptor
			}
		}
		positions = append(positions, p)
	}
	return positions, nil
}

// Write writes positions as the source will get them. No positions are [].
func Write(positions []store.Position) ([]byte, error) {
	var states []json.RawMessage
	kind := airbyte.StreamState
	for _, p := range positions {
		kind = p.Kind
		states = append(states, p.State)
	}
	return airbyte.StateFile(states, kind)
}

// Of leaves the positions of the chosen streams; none chosen: all. A state of
// all streams in one cannot be taken apart and stays.
func Of(all []store.Position, chosen []airbyte.Descriptor) []store.Position {
	if len(chosen) == 0 {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(p store.Position) bool {
		return p.Kind == airbyte.StreamState && !slices.Contains(chosen, p.Stream)
	})
}

// Checkpoints is what of a store is read.
type Checkpoints interface {
	Checkpoint(ctx context.Context, connection string) (store.Checkpoint, error)
}

// Replace makes positions all there is of the chosen streams; none chosen: of
// the connection. The new ones are written before the old are taken away: if it
// is stopped between, nothing is lost.
func Replace(ctx context.Context, s Checkpoints, l store.Lease, positions []store.Position, chosen []airbyte.Descriptor) error {
	if err := l.SaveCheckpoint(ctx, positions); err != nil {
		return err
	}
	if len(positions) == 0 {
		return l.ClearCheckpoint(ctx, chosen)
	}
	if len(chosen) > 0 {
		return nil
	}
	checkpoint, err := s.Checkpoint(ctx, l.Connection())
	if err != nil {
		return err
	}
	var stale []airbyte.Descriptor
	for _, old := range checkpoint.Positions {
		if !slices.ContainsFunc(positions, func(p store.Position) bool { return p.Stream == old.Stream }) {
			stale = append(stale, old.Stream)
		}
	}
	if len(stale) == 0 {
		return nil
	}
	return l.ClearCheckpoint(ctx, stale)
}
