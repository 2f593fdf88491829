package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"knelt.dev/cmd/knelt/internal/report"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/schemachange"
)

// connectionDiff is how a source differs from what a connection's last sync found.
type connectionDiff struct {
	Connection string                    `json:"connection"`
	Policy     connection.OnSchemaChange `json:"policy"`
	// Known tells that the last sync kept what it found.
	Known    bool                  `json:"known"`
	Breaking bool                  `json:"breaking"`
	Streams  []schemachange.Stream `json:"streams"`
}

// showDiff tells how a source's streams differ from those of the last sync, for
// each connection of the source.
func (c *cli) showDiff(ctx context.Context, s *session, o *discoverOptions, source *connection.Source, now airbyte.StreamCatalog) error {
	all, err := diffs(ctx, s, source, now)
	if err != nil {
		return err
	}
	if o.json {
		text, err := json.Marshal(all)
		if err != nil {
			return err
		}
		return c.printIndented(text)
	}
	for i, d := range all {
		if i > 0 {
			fmt.Fprintln(c.stdout)
		}
		c.printDiff(d)
	}
	return nil
}

func diffs(ctx context.Context, s *session, source *connection.Source, now airbyte.StreamCatalog) ([]connectionDiff, error) {
	var all []connectionDiff
	for _, name := range slices.Sorted(maps.Keys(s.set.Connections)) {
		conn := s.set.Connections[name]
		if conn.Spec.Source != source.Metadata.Name {
			continue
		}
		diff, known, err := s.engine.DiffSchema(ctx, conn, s.set.Destinations[conn.Spec.Destination], now)
		if err != nil {
			return nil, err
		}
		d := connectionDiff{Connection: conn.Metadata.Key(), Policy: conn.Spec.OnSchemaChange, Known: known, Breaking: diff.Breaking(), Streams: []schemachange.Stream{}}
		d.Streams = append(d.Streams, diff.Streams...)
		all = append(all, d)
	}
	if len(all) == 0 {
		return nil, usagef("no Connection of source %s in the files read: --diff compares with what its last sync found", source.Metadata.Name)
	}
	return all, nil
}

func (c *cli) printDiff(d connectionDiff) {
	name := report.Clean(d.Connection)
	switch {
	case !d.Known:
		fmt.Fprintf(c.stdout, "%s: it is not known what the last sync found. With discoverBeforeSync: true in the Connection, syncs keep it.\n", name)
		return
	case len(d.Streams) == 0:
		fmt.Fprintf(c.stdout, "%s: nothing has changed since the last sync.\n", name)
		return
	}
	fmt.Fprintf(c.stdout, "%s: %s not what the last sync found (onSchemaChange: %s)\n",
		name, report.Plural(int64(len(d.Streams)), "stream")+map[bool]string{true: " is", false: " are"}[len(d.Streams) == 1], d.Policy)
	diffTable(d.Streams).Write(c.stdout)
	if d.Breaking {
		fmt.Fprintln(c.stdout, "The connection cannot be synced as it is written: change it, or the source.")
	}
}

// diffTable lists streams and fields, a line each.
func diffTable(streams []schemachange.Stream) *report.Table {
	table := report.NewTable("STREAM", "FIELD", "CHANGE", "WAS", "IS", "")
	for _, s := range streams {
		name := report.Clean(s.Stream.String())
		if s.Change != schemachange.Changed {
			table.Row(name, "", string(s.Change), "", "", breaking(s.Breaking))
			continue
		}
		for _, f := range s.Fields {
			table.Row(name, report.Clean(strings.Join(f.Path, ".")), change(f), report.Clean(f.From), report.Clean(f.To), f.Of)
		}
		for _, note := range s.Notes {
			table.Row(name, "", "changed", "", "", report.Clean(note))
		}
		if len(s.Breaking) > 0 {
			table.Row(name, "", "BREAKS", "", "", breaking(s.Breaking))
		}
	}
	return table
}

// change says of a field of another type that it is retyped.
func change(f schemachange.Field) string {
	if f.Change == schemachange.Changed {
		return "retyped"
	}
	return string(f.Change)
}

func breaking(reasons []string) string { return report.Clean(strings.Join(reasons, "; ")) }
