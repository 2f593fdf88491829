package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

	"knelt.dev/cmd/knelt/internal/report"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
)

// positions are the connection's committed states, of the chosen streams.
func (w *stateWork) positions(ctx context.Context) ([]store.Position, error) {
	checkpoint, err := w.store.Checkpoint(ctx, w.connection.Metadata.Name)
	return w.ofChosen(checkpoint.Positions), err
}

// ofChosen leaves those of the chosen streams. A state of all streams in one
// cannot be taken apart and stays.
func (w *stateWork) ofChosen(all []store.Position) []store.Position {
	if len(w.chosen) == 0 {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(p store.Position) bool {
		return p.Kind == airbyte.StreamState && !slices.Contains(w.chosen, p.Stream)
	})
}

func (c *cli) showState(ctx context.Context, w *stateWork) error {
	positions, err := w.positions(ctx)
	if err != nil {
		return err
	}
	if w.table {
		stateTable(positions).Write(c.stdout)
		return nil
	}
	var states []json.RawMessage
	kind := airbyte.StreamState
	for _, p := range positions {
		kind = p.Kind
		states = append(states, p.State)
	}
	file, err := airbyte.StateFile(states, kind)
	if err != nil {
		return err
	}
	return c.printIndented(file)
}

func stateTable(positions []store.Position) *report.Table {
	table := report.NewTable("STREAM", "KIND", "STATE")
	for _, p := range positions {
		name, state := "(all)", p.State
		var m airbyte.StateMessage
		if err := airbyte.Unmarshal(state, &m); err == nil && m.Stream != nil {
			name, state = p.Stream.String(), m.Stream.State
		}
		table.Row(report.Clean(name), string(p.Kind), report.Clean(string(state)))
	}
	return table
}

func (c *cli) setState(ctx context.Context, w *stateWork) error {
	text, err := c.readFile(w.file)
	if err != nil {
		return err
	}
	positions, err := parsePositions(text)
	if err != nil {
		return usagef("%s: %v", w.file, err)
	}
	positions = w.ofChosen(positions)
	if err := w.leased(ctx, func(l store.Lease) error { return w.replace(ctx, l, positions) }); err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "%s: set %s. The next sync goes on from there.\n",
		w.connection.Metadata.Name, report.Plural(int64(len(positions)), "state"))
	return nil
}

// replace writes the new positions before it takes the old away: if it is
// stopped between, nothing is lost.
func (w *stateWork) replace(ctx context.Context, l store.Lease, positions []store.Position) error {
	if err := l.SaveCheckpoint(ctx, positions); err != nil {
		return err
	}
	if len(positions) == 0 {
		return l.ClearCheckpoint(ctx, w.chosen)
	}
	if len(w.chosen) > 0 {
		return nil
	}
	checkpoint, err := w.store.Checkpoint(ctx, w.connection.Metadata.Name)
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

// parsePositions reads a state file as connectors, kits and state show write it.
func parsePositions(text []byte) ([]store.Position, error) {
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

func (c *cli) readFile(path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(c.stdin)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, usagef("%v", err)
	}
	return text, nil
}
