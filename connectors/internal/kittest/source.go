package kittest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"knelt.dev/pkg/airbyte"
)

// Quoted writes a JSON string.
func Quoted(s string) string { return string(airbyte.AppendString(nil, s)) }

// WantEqual compares texts.
func WantEqual(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

// CatalogOf configures streams of a namespace: name, or name:cursor for an
// incremental one.
func CatalogOf(namespace string, streams ...string) string {
	configured := make([]string, 0, len(streams))
	for _, s := range streams {
		name, cursor, incremental := strings.Cut(s, ":")
		mode := `"sync_mode":"full_refresh"`
		if incremental {
			mode = `"sync_mode":"incremental","cursor_field":[` + Quoted(cursor) + `]`
		}
		configured = append(configured, `{"stream":{"name":`+Quoted(name)+`,"namespace":`+Quoted(namespace)+
			`,"json_schema":{}},"destination_sync_mode":"append",`+mode+`}`)
	}
	return Catalog(configured...)
}

// Rows gives the data of the records as they were written.
func Rows(r Result) []string {
	var data []string
	for _, m := range r.Of(airbyte.Record) {
		data = append(data, string(m.Record.Data))
	}
	return data
}

// ValuesOf gives the values of one field.
func ValuesOf(t *testing.T, r Result, field string) string {
	t.Helper()
	var values []string
	for _, row := range Rows(r) {
		var data map[string]json.RawMessage
		if err := json.Unmarshal([]byte(row), &data); err != nil {
			t.Fatal(err)
		}
		values = append(values, string(data[field]))
	}
	return strings.Join(values, " ")
}

// LastState gives a state file of the last states of the streams.
func LastState(t *testing.T, r Result) string {
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

// Words tells what a source said but its records: statuses, states with the
// number of records before them and the number they tell, and errors' classes.
func Words(r Result) string {
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
