package rules

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
)

// Batch checks the positions of one SaveCheckpoint: of one kind, with a stream
// where the kind has one, each of valid JSON. It gives the kind ("" if there are
// none) and the positions without those that a later one of the same stream
// replaces.
func Batch(positions []store.Position) (airbyte.StateKind, []store.Position, error) {
	if len(positions) == 0 {
		return "", nil, nil
	}
	kind := positions[0].Kind
	last := make(map[airbyte.Descriptor]int, len(positions))
	for i, p := range positions {
		if p.Kind != kind {
			return "", nil, &store.MixedKindsError{First: kind, Other: p.Kind}
		}
		if err := check(p); err != nil {
			return "", nil, err
		}
		last[p.Stream] = i
	}
	var kept []store.Position
	for i, p := range positions {
		if last[p.Stream] == i {
			kept = append(kept, p)
		}
	}
	return kind, kept, nil
}

func check(p store.Position) error {
	switch p.Kind {
	case airbyte.StreamState:
		if p.Stream.Name == "" {
			return errors.New("save a checkpoint: a STREAM position names no stream")
		}
	case airbyte.GlobalState, airbyte.LegacyState:
		if p.Stream != (airbyte.Descriptor{}) {
			return fmt.Errorf("save a checkpoint: a %s position names the stream %q, but belongs to none", p.Kind, p.Stream)
		}
	default:
		return fmt.Errorf("save a checkpoint: %q is no kind of state: use STREAM, GLOBAL or LEGACY", p.Kind)
	}
	if !json.Valid(p.State) {
		return fmt.Errorf("save a checkpoint: the %s state of stream %q is not valid JSON", p.Kind, p.Stream)
	}
	return nil
}

// Sort puts positions into the order that Checkpoint promises.
func Sort(positions []store.Position) {
	slices.SortFunc(positions, func(a, b store.Position) int {
		return store.CompareStreams(a.Stream, b.Stream)
	})
}
