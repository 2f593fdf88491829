package chaos

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"knelt.dev/test/e2e"
)

const (
	connectionName = "shop-to-lake"
	recordsInState = 50
	products       = 100 // the faker has always so many
)

// mode is how a stream is written.
type mode string

const (
	dedup     mode = "append_dedup" // incremental
	appended  mode = "append"       // incremental
	overwrote mode = "overwrite"    // full refresh, resumable
)

// variant is one way of moving the faker's three streams.
type variant struct {
	name      string
	stateKind string
	modes     map[string]mode
	// watched lets somebody look at the store and the tables all the time.
	watched bool
}

var variants = []variant{
	{
		name: "dedup", stateKind: "STREAM", watched: true,
		modes: map[string]mode{"users": dedup, "products": overwrote, "purchases": appended},
	},
	{
		name: "overwrite", stateKind: "STREAM",
		modes: map[string]mode{"users": overwrote, "products": appended, "purchases": dedup},
	},
	{
		name: "global", stateKind: "GLOBAL",
		modes: map[string]mode{"users": appended, "products": dedup, "purchases": dedup},
	},
}

// world is one connection with a home and a database of its own.
type world struct {
	variant
	t                   *testing.T
	rng                 *rand.Rand
	dir                 string
	token               string // marks all processes of this world
	source, destination string // programs

	users int  // so many the source has now
	rate  int  // records per second
	hangs bool // the source never ends, and does not listen
	count tally
	twice map[string]int // rows that a stream's table holds more than once
}

func newWorld(t *testing.T, v variant, rng *rand.Rand) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{
		variant: v, t: t, rng: rng, dir: dir, count: newTally(), twice: map[string]int{}, token: strings.ReplaceAll(dir, "/", "_"),
		source: slow(t, dir, "source-faker"), destination: slow(t, dir, "destination-sqlite"), users: 300, rate: 1500,
	}
	t.Cleanup(w.endAll)
	w.write()
	return w
}

func (w *world) home() string { return filepath.Join(w.dir, "home") }
func (w *world) file() string { return filepath.Join(w.dir, "knelt.yaml") }
func (w *world) lake() string { return filepath.Join(w.dir, "lake.db") }

// slow gives a program that starts as slowly as real connectors do when it is asked
// something, so that a kill can come at that moment too.
func slow(t *testing.T, dir, program string) string {
	t.Helper()
	name := filepath.Join(dir, "slow-"+program)
	script := fmt.Sprintf("#!/bin/sh\ncase \"$1\" in spec|discover) sleep 0.05;; esac\nexec %s \"$@\"\n", filepath.Join(bin, program))
	if err := os.WriteFile(name, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return name
}

// rowsOf is how many rows the source has of a stream.
func (w *world) rowsOf(stream string) int {
	switch stream {
	case "users":
		return w.users
	case "purchases":
		return 2 * w.users
	}
	return products
}

// grow gives the source more rows: what is left to do after a sync came to its end.
func (w *world) grow() {
	w.users += 4 * recordsInState
	w.write()
}

// failAt is the row at which the source hangs; 0 if it does not.
func (w *world) failAt() int {
	if w.hangs {
		return 3*recordsInState + 1
	}
	return 0
}

type object = map[string]any

// write writes the documents; JSON is YAML.
func (w *world) write() {
	w.t.Helper()
	var streams []object
	for _, name := range []string{"users", "products", "purchases"} {
		s := object{"name": name, "syncMode": "incremental", "destinationSyncMode": string(w.modes[name])}
		switch w.modes[name] {
		case dedup:
			s["primaryKey"] = [][]string{{"id"}}
		case overwrote:
			s["syncMode"] = "full_refresh"
		}
		streams = append(streams, s)
	}
	documents := []object{
		document("Source", "shop", object{
			"connector": w.connector("source", w.source),
			"config": object{
				"count": w.users, "seed": 7, "rate": w.rate, "records_per_state": recordsInState, "state_kind": w.stateKind,
				"api_key": "${env:SHOP_KEY}", "fail_at": w.failAt(), "fail_mode": "hang", "ignore_sigterm": w.hangs,
			},
		}),
		document("Destination", "lake", object{
			"connector": w.connector("destination", w.destination), "supportsRefreshes": true,
			"config": object{"path": w.lake(), "commit_rows": 120, "commit_ms": 40},
		}),
		document("Connection", connectionName, object{
			"source": "shop", "destination": "lake", "streams": streams,
			"timeouts": object{"grace": "5s"},
		}),
	}
	var text strings.Builder
	for _, d := range documents {
		b, err := json.Marshal(d)
		if err != nil {
			w.t.Fatal(err)
		}
		fmt.Fprintf(&text, "---\n%s\n", b)
	}
	if err := os.WriteFile(w.file(), []byte(text.String()), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func document(kind, name string, spec object) object {
	return object{"apiVersion": "knelt.dev/v1alpha1", "kind": kind, "metadata": object{"name": name}, "spec": spec}
}

func (w *world) connector(role, program string) object {
	return object{"command": []string{program}, "env": object{tokenVariable: w.token, roleVariable: role}}
}

// environment marks the engine too.
func (w *world) environment() []string {
	return append(e2e.Environment(w.dir), tokenVariable+"="+w.token, roleVariable+"="+engine)
}
