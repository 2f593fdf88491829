package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// scenario is a sync to measure, and the peer that does the same without an
// engine.
type scenario struct {
	name, about string
	recordBytes int64
	destination string
	config      map[string]any // of the destination; paths are relative to the scenario's folder
	// rate is in rows a second; 0: as fast as they are taken.
	rate float64
	// peer joins the same two programs by a shell pipe; without it the sync is
	// measured alone.
	peer bool
}

var scenarios = []scenario{
	{
		name: "discard", about: "1 KB records into a destination that discards them",
		recordBytes: 1000, destination: "destination-discard", config: map[string]any{}, peer: true,
	},
	{
		name: "counted", about: "1 KB records into a destination that looks at each and counts it",
		recordBytes: 1000, destination: "destination-discard", config: map[string]any{"stats": true}, peer: true,
	},
	{
		name: "discard10k", about: "10 KB records into a destination that discards them",
		recordBytes: 10_000, destination: "destination-discard", config: map[string]any{}, peer: true,
	},
	{
		name: "sqlite", about: "rows of about 240 bytes into a table, deduplicated by key",
		destination: "destination-sqlite", config: map[string]any{"path": "./rows.db"}, peer: true,
	},
}

// choose finds scenarios and experiments by name; without a name all scenarios.
func choose(names []string) (chosen []scenario, asked []experiment, err error) {
	if len(names) == 0 {
		return scenarios, nil, nil
	}
	for _, name := range names {
		s := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == name })
		e := slices.IndexFunc(experiments, func(e experiment) bool { return e.name == name })
		switch {
		case s >= 0:
			chosen = append(chosen, scenarios[s])
		case e >= 0:
			asked = append(asked, experiments[e])
		default:
			return nil, nil, fmt.Errorf("there is no scenario %q", name)
		}
	}
	return chosen, asked, nil
}

// plainRow is about what a row of the faker's users takes without padding.
const plainRow = 240

// rows is how many rows of a run make up the wanted bytes. Rows of a table are
// far slower than bytes: a tenth of them is enough.
func (s scenario) rows(bytes int64) int64 {
	if s.recordBytes == 0 {
		return bytes / 10 / plainRow
	}
	return bytes / s.recordBytes
}

// source is the config of the faker.
func (s scenario) source(o options) map[string]any {
	return map[string]any{
		"count": s.rows(o.bytes), "seed": 42, "streams": []string{"users"},
		"record_bytes": s.recordBytes, "records_per_state": 10_000, "rate": s.rate,
	}
}

// streams are those of the connection.
func (s scenario) streams() []any {
	return []any{map[string]any{"name": "users", "syncMode": "incremental", "destinationSyncMode": "append_dedup"}}
}

// files writes what both runners need into dir.
func (s scenario) files(o options, dir string) error {
	bin, err := filepath.Abs(o.bin)
	if err != nil {
		return err
	}
	source := s.source(o)
	documents := []any{
		document("Source", "shop", map[string]any{
			"connector": map[string]any{"command": []string{filepath.Join(bin, "source-faker")}}, "config": source,
		}),
		document("Destination", "lake", map[string]any{
			"connector": map[string]any{"command": []string{filepath.Join(bin, s.destination)}}, "config": s.config,
			"supportsRefreshes": true,
		}),
		document("Connection", "shop-to-lake", map[string]any{
			"source": "shop", "destination": "lake", "streams": s.streams(),
		}),
	}
	var yaml []byte
	for _, d := range documents {
		text, err := json.Marshal(d)
		if err != nil {
			return err
		}
		yaml = append(append(yaml, "---\n"...), append(text, '\n')...)
	}
	return errorsOf(
		writeFile(dir, "knelt.yaml", yaml),
		writeJSON(dir, "source.json", source),
		writeJSON(dir, "destination.json", s.config),
	)
}

func document(kind, name string, spec map[string]any) map[string]any {
	return map[string]any{
		"apiVersion": "knelt.dev/v1alpha1", "kind": kind, "metadata": map[string]any{"name": name}, "spec": spec,
	}
}

func writeJSON(dir, name string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return writeFile(dir, name, text)
}

func writeFile(dir, name string, content []byte) error {
	return os.WriteFile(filepath.Join(dir, name), content, 0o600)
}
