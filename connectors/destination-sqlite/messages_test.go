package main

import (
	"fmt"
	"io"
	"strings"
)

// stream configures one, with more of a configured stream's JSON.
func stream(name, properties string, more ...string) string {
	return `{"stream":{"name":` + quoted(name) + `,"json_schema":{"type":"object","properties":{` + properties + `}}},"sync_mode":"full_refresh"` +
		strings.Join(append([]string{""}, more...), ",") + `}`
}

const (
	appending = `"destination_sync_mode":"append"`
	overwrite = `"destination_sync_mode":"overwrite"`
	// dedup is by id, without a cursor.
	dedup    = `"destination_sync_mode":"append_dedup","primary_key":[["id"]]`
	byCursor = dedup + `,"cursor_field":["at"]`
)

func generation(id, minimum int) string {
	return fmt.Sprintf(`"generation_id":%d,"minimum_generation_id":%d,"sync_id":7`, id, minimum)
}

func catalog(streams ...string) string { return `{"streams":[` + strings.Join(streams, ",") + `]}` }

// The messages of an input.
func record(name, data string) string {
	return `{"type":"RECORD","record":{"stream":` + quoted(name) + `,"data":` + data + `,"emitted_at":1700000000000}}`
}

func records(name string, data ...string) string {
	lines := make([]string, 0, len(data))
	for _, d := range data {
		lines = append(lines, record(name, d))
	}
	return strings.Join(lines, "\n")
}

func state(name, position string) string {
	return `{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":` + quoted(name) + `},"stream_state":` + position + `}}}`
}

func global(position string) string {
	return `{"type":"STATE","state":{"type":"GLOBAL","global":{"shared_state":` + position + `,"stream_states":[]}}}`
}

func status(name, word string) string {
	return `{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1.0,"stream_status":{"stream_descriptor":{"name":` + quoted(name) + `},"status":"` + word + `"}}}`
}

func input(lines ...string) io.Reader { return strings.NewReader(strings.Join(lines, "\n") + "\n") }
