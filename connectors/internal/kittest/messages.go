package kittest

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"knelt.dev/pkg/airbyte"
)

// Stream configures one, with more of a configured stream's JSON.
func Stream(name, properties string, more ...string) string {
	return `{"stream":{"name":` + Quoted(name) + `,"json_schema":{"type":"object","properties":{` + properties + `}}},"sync_mode":"full_refresh"` +
		strings.Join(append([]string{""}, more...), ",") + `}`
}

// Modes of destinations, for Stream.
const (
	Appending = `"destination_sync_mode":"append"`
	Overwrite = `"destination_sync_mode":"overwrite"`
	// Dedup is by id, without a cursor.
	Dedup = `"destination_sync_mode":"append_dedup","primary_key":[["id"]]`
	// ByCursor is by id, with the cursor at.
	ByCursor = Dedup + `,"cursor_field":["at"]`
)

// Generation is for Stream.
func Generation(id, minimum int) string {
	return fmt.Sprintf(`"generation_id":%d,"minimum_generation_id":%d,"sync_id":7`, id, minimum)
}

// Catalog configures streams.
func Catalog(streams ...string) string { return `{"streams":[` + strings.Join(streams, ",") + `]}` }

// Record is one line of an input.
func Record(name, data string) string {
	return `{"type":"RECORD","record":{"stream":` + Quoted(name) + `,"data":` + data + `,"emitted_at":1700000000000}}`
}

// Records is a line for each row.
func Records(name string, data ...string) string {
	lines := make([]string, 0, len(data))
	for _, d := range data {
		lines = append(lines, Record(name, d))
	}
	return strings.Join(lines, "\n")
}

// State is a STREAM state.
func State(name, position string) string {
	return `{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":` + Quoted(name) + `},"stream_state":` + position + `}}}`
}

// Global is a GLOBAL state.
func Global(position string) string {
	return `{"type":"STATE","state":{"type":"GLOBAL","global":{"shared_state":` + position + `,"stream_states":[]}}}`
}

// Status is the status of a stream.
func Status(name, word string) string {
	return `{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1.0,"stream_status":{"stream_descriptor":{"name":` + Quoted(name) + `},"status":"` + word + `"}}}`
}

// Input is lines for a destination's stdin.
func Input(lines ...string) io.Reader { return strings.NewReader(strings.Join(lines, "\n") + "\n") }

// States tells what a destination returned: position written/rejected, ...
func States(r Result) string {
	var words []string
	for _, m := range r.Of(airbyte.State) {
		position := string(m.State.Data)
		if m.State.Stream != nil {
			position = string(m.State.Stream.State)
		} else if m.State.Global != nil {
			position = string(m.State.Global.SharedState)
		}
		stats := m.State.DestinationStats
		words = append(words, fmt.Sprintf("%s %v/%v", position, *stats.RecordCount, *stats.RejectedRecordCount))
	}
	return strings.Join(words, ", ")
}

// Failure tells the class and the text of the error that ended a command.
func Failure(t *testing.T, r Result) (class, text string) {
	t.Helper()
	for _, m := range r.Of(airbyte.Trace) {
		if m.Trace.Error != nil {
			return string(m.Trace.Error.FailureType), m.Trace.Error.Message
		}
	}
	t.Errorf("no TRACE ERROR in %s", r.Stdout)
	return "", ""
}

// WantFailure compares the class of the error, and looks for a phrase in its text.
func WantFailure(t *testing.T, r Result, class, phrase string) {
	t.Helper()
	gotClass, text := Failure(t, r)
	if gotClass != class || !strings.Contains(text, phrase) {
		t.Errorf("got %s %q, want %s with %q", gotClass, text, class, phrase)
	}
}

// Check runs a check, which must answer.
func (p Program) Check(t *testing.T, config string) (status, message string) {
	t.Helper()
	r := p.Run(t, Call{Command: "check", Config: config})
	answers := r.Of(airbyte.ConnectionStatus)
	if r.Code != 0 || len(answers) != 1 {
		t.Fatalf("exit code %d: %s", r.Code, r.Stdout)
	}
	return answers[0].ConnectionStatus.Status, answers[0].ConnectionStatus.Message
}
