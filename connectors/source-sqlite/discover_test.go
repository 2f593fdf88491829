package main

import (
	"encoding/json"
	"strings"
	"testing"

	"knelt.dev/connectors/internal/kittest"
	"knelt.dev/pkg/airbyte"
)

func (f *file) discover(code int, config ...string) kittest.Result {
	f.t.Helper()
	r := program.Run(f.t, kittest.Call{Command: "discover", Config: f.config(config...)})
	if r.Code != code {
		f.t.Fatalf("exit code %d, want %d\n%s\n%s", r.Code, code, r.Stdout, r.Stderr)
	}
	return r
}

// names tells the streams of a catalog with what is known of them.
func names(r kittest.Result) string {
	var all []string
	for _, s := range r.Of(airbyte.Catalog)[0].Catalog.Streams {
		text := s.Name + s.Namespace
		for _, key := range s.SourceDefinedPrimaryKey {
			text += "," + strings.Join(key, ".")
		}
		if s.IsResumable {
			text += "+"
		}
		if len(s.DefaultCursorField) > 0 {
			text += "@" + s.DefaultCursorField[0]
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

func TestDiscoverDescribesWhatCanBeRead(t *testing.T) {
	f := newFile(t,
		`CREATE TABLE plain (id INTEGER PRIMARY KEY AUTOINCREMENT, Updated_At TEXT)`,
		`CREATE TABLE pair (b, a, PRIMARY KEY (a, b)) WITHOUT ROWID`,
		`CREATE VIEW looking AS SELECT 1 AS one`,
		`CREATE TABLE gone (x)`, `CREATE VIEW broken AS SELECT x FROM gone`, `DROP TABLE gone`,
		`CREATE TABLE sqliteish (x)`, `CREATE VIRTUAL TABLE words USING fts5(body)`)
	wantEqual(t, "streams", names(f.discover(0)), "looking pair,a,b plain,id+@Updated_At sqliteish+ words")
	wantEqual(t, "tables config", names(f.discover(0, `"tables":["words","pair"]`)), "words pair,a,b")
	for _, missing := range []string{"nothing", "broken", "sqlite_sequence "} {
		wantEqual(t, missing, words(f.discover(1, `"tables":[`+quoted(missing)+`]`)), "config_error")
	}
}

func TestDiscoverGivesTypesByAffinity(t *testing.T) {
	f := newFile(t, `CREATE TABLE a (i BIGINT, r DOUBLE PRECISION, n DECIMAL(10,2), t VARCHAR(9), d DATETIME, b BOOLEAN, x BLOB, "q""é" TEXT,
		free, g AS (i + 1), j JSON)`)
	var schema struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(f.discover(0).Of(airbyte.Catalog)[0].Catalog.Streams[0].JSONSchema, &schema); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"i": `{"type":["null","integer"]}`, "r": `{"type":["null","number"]}`, "n": `{"type":["null","number"]}`, "t": `{"type":["null","string"]}`,
		"d": `{"type":["null","string"]}`, "b": `{"type":["null","boolean"]}`, "x": `{"contentEncoding":"base64","type":["null","string"]}`,
		`q"é`: `{"type":["null","string"]}`, "free": `{}`, "g": `{}`, "j": `{"type":["null","string"]}`,
	} {
		wantEqual(t, name, string(schema.Properties[name]), want)
	}
	if len(schema.Properties) != 11 {
		t.Errorf("%d columns", len(schema.Properties))
	}
}
