package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"knelt.dev/cmd/knelt/internal/report"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/statefile"
)

// positions are the connection's committed states, of the chosen streams.
func (w *stateWork) positions(ctx context.Context) ([]store.Position, error) {
	checkpoint, err := w.store.Checkpoint(ctx, w.connection.Metadata.Key())
	return statefile.Of(checkpoint.Positions, w.chosen), err
}

func (c *cli) showState(ctx context.Context, w *stateWork) error {
	positions, err := w.positions(ctx)
	if err != nil {
		return err
	}
	return c.printState(positions, w.table)
}

func (c *cli) printState(positions []store.Position, table bool) error {
	if table {
		stateTable(positions).Write(c.stdout)
		return nil
	}
	file, err := statefile.Write(positions)
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
	positions, err := statefile.Parse(text)
	if err != nil {
		return usagef("%s: %v", w.file, err)
	}
	positions = statefile.Of(positions, w.chosen)
	if err := w.leased(ctx, func(l store.Lease) error { return statefile.Replace(ctx, w.store, l, positions, w.chosen) }); err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "%s: set %s. The next sync goes on from there.\n",
		w.connection.Metadata.Key(), report.Plural(int64(len(positions)), "state"))
	return nil
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
