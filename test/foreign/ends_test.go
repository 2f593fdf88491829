package foreign

import (
	"path/filepath"
	"strings"
	"testing"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/test/e2e"
)

// node is a program that the packages are installed for.
func node(script string) program {
	return program{
		Command: []string{"node", filepath.Join(here, script)},
		Env:     map[string]string{"NODE_PATH": modules},
	}
}

// kit is the source on the TypeScript kit.
func kit(config object) end { return end{Connector: node("kit-source.js"), Config: config} }

// faros is the published destination. It converts records of any stream and
// prints them, so that it can be seen which of them have arrived.
func faros() end {
	return end{Connector: node("faros-destination.js"), Config: object{
		"dry_run": true, "log_records": true, "origin": "test", "edition_configs": object{},
		"jsonata_expression": `{"vcs_User": data}`, "jsonata_destination_models": []string{"vcs_User"}, "jsonata_mode": "OVERRIDE",
	}}
}

// prefix makes the names of streams such as that destination wants them.
const prefix = "t__sample__"

func ours(name string, config object) end {
	return end{Connector: program{Command: []string{filepath.Join(bin, name)}}, Config: config}
}

func lake(path string) end {
	e := ours("destination-sqlite", object{"path": path})
	e.SupportsRefreshes = true
	return e
}

// recorded is a source that says what is recorded in dir.
func recorded(dir string) end {
	return end{Connector: program{Command: []string{filepath.Join(here, "testdata", "replay.sh"), dir}}, Config: object{}}
}

// rows gives how many rows, of how many ids, a table has.
func rows(t *testing.T, database, table string) (n, ids int) {
	t.Helper()
	n, ids, err := e2e.Rows(t.Context(), bin, database, table)
	if err != nil {
		t.Fatal(err)
	}
	return n, ids
}

// ofType gives the lines that are messages of a type.
func ofType(lines string, want airbyte.Type) []string {
	var found []string
	var env airbyte.Envelope
	for line := range strings.Lines(lines) {
		line = strings.TrimSuffix(line, "\n")
		if airbyte.Classify([]byte(line), &env) == airbyte.ProtocolLine && env.Type == want {
			found = append(found, line)
		}
	}
	return found
}
