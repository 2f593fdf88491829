package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"knelt.dev/connectors/internal/kittest"
	"knelt.dev/pkg/airbyte"
)

var program kittest.Program

func TestMain(m *testing.M) { os.Exit(kittest.Main(m, &program)) }

// file is a database of a test, with a connection that writes to it.
type file struct {
	t    *testing.T
	path string
	db   *sql.DB
}

func newFile(t *testing.T, statements ...string) *file {
	t.Helper()
	f := &file{t: t, path: filepath.Join(t.TempDir(), "data.db")}
	var err error
	if f.db, err = sql.Open("sqlite", "file:"+f.path); err != nil {
		t.Fatal(err)
	}
	f.db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = f.db.Close() }) // a test may have closed it
	f.do(statements...)
	return f
}

func (f *file) do(statements ...string) {
	f.t.Helper()
	for _, s := range statements {
		if _, err := f.db.Exec(s); err != nil {
			f.t.Fatalf("%s: %v", s, err)
		}
	}
}

func (f *file) config(more ...string) string {
	return `{"path":` + quoted(f.path) + strings.Join(append([]string{""}, more...), ",") + `}`
}

func quoted(s string) string { return string(airbyte.AppendString(nil, s)) }

// catalogOf configures streams: name, or name:cursor for an incremental one.
func catalogOf(streams ...string) string {
	configured := make([]string, 0, len(streams))
	for _, s := range streams {
		name, cursor, incremental := strings.Cut(s, ":")
		mode := `"sync_mode":"full_refresh"`
		if incremental {
			mode = `"sync_mode":"incremental","cursor_field":[` + quoted(cursor) + `]`
		}
		configured = append(configured, `{"stream":{"name":`+quoted(name)+`,"json_schema":{}},"destination_sync_mode":"append",`+mode+`}`)
	}
	return `{"streams":[` + strings.Join(configured, ",") + `]}`
}

// read runs a read that must end with the code.
func (f *file) read(code int, catalog, state string, config ...string) kittest.Result {
	f.t.Helper()
	r := program.Run(f.t, kittest.Call{Command: "read", Config: f.config(config...), Catalog: catalog, State: state})
	if r.Code != code {
		f.t.Fatalf("exit code %d, want %d\n%s\n%s", r.Code, code, r.Stdout, r.Stderr)
	}
	return r
}

// rows gives the data of the records as they were written.
func rows(r kittest.Result) []string {
	var data []string
	for _, m := range r.Of(airbyte.Record) {
		data = append(data, string(m.Record.Data))
	}
	return data
}

// valuesOf gives the values of one field.
func valuesOf(t *testing.T, r kittest.Result, field string) string {
	t.Helper()
	var values []string
	for _, row := range rows(r) {
		var data map[string]json.RawMessage
		if err := json.Unmarshal([]byte(row), &data); err != nil {
			t.Fatal(err)
		}
		values = append(values, string(data[field]))
	}
	return strings.Join(values, " ")
}

// lastState gives a state file of the last states of the streams.
func lastState(t *testing.T, r kittest.Result) string {
	t.Helper()
	last := map[airbyte.Descriptor]json.RawMessage{}
	for _, m := range r.Of(airbyte.State) {
		raw, err := airbyte.Marshal(m.State)
		if err != nil {
			t.Fatal(err)
		}
		last[m.State.Stream.Descriptor] = raw
	}
	states := make([]string, 0, len(last))
	for _, s := range last {
		states = append(states, string(s))
	}
	return "[" + strings.Join(states, ",") + "]"
}

// words tells statuses, states' counts and errors in their order.
func words(r kittest.Result) string {
	var words []string
	records := 0
	for _, m := range r.Messages() {
		switch {
		case m.Type == airbyte.Record:
			records++
			continue
		case m.Type == airbyte.State:
			words = append(words, fmt.Sprintf("%d/%v", records, *m.State.SourceStats.RecordCount))
		case m.Type == airbyte.Trace && m.Trace.Error != nil:
			words = append(words, string(m.Trace.Error.FailureType))
		case m.Type == airbyte.Trace:
			words = append(words, m.Trace.StreamStatus.Descriptor.Name+":"+string(m.Trace.StreamStatus.Status))
		}
		records = 0
	}
	return strings.Join(words, " ")
}

func wantEqual(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}
