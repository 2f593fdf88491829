package main

import (
	"encoding/json"
	"strings"

	"knelt.dev/pkg/airbyte"
)

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// syncModes lists a stream's sync modes; a source that lists none can read it in
// full.
func syncModes(s airbyte.Stream) string {
	if len(s.SupportedSyncModes) == 0 {
		return string(airbyte.FullRefresh)
	}
	words := make([]string, len(s.SupportedSyncModes))
	for i, mode := range s.SupportedSyncModes {
		words[i] = string(mode)
	}
	return strings.Join(words, ", ")
}

func cursor(s airbyte.Stream) string {
	text := orDash(strings.Join(s.DefaultCursorField, "."))
	if s.SourceDefinedCursor {
		return strings.TrimPrefix(text+" (the source's own)", "- ")
	}
	return text
}

// keyText writes a primary key: id, or order.id + line where it has several parts.
func keyText(key [][]string) string {
	parts := make([]string, len(key))
	for i, path := range key {
		parts[i] = strings.Join(path, ".")
	}
	return orDash(strings.Join(parts, " + "))
}

// fieldsText lists the top-level fields of a stream, in the schema's order.
func fieldsText(schema json.RawMessage) string {
	var fields []string
	whole := airbyte.Span{End: len(schema)}
	if !json.Valid(schema) {
		return "-"
	}
	for key, value := range airbyte.Members(schema, whole) {
		if !airbyte.KeyIs(schema[key.Start:key.End], "properties") {
			continue
		}
		for field := range airbyte.Members(schema, value) {
			fields = append(fields, string(airbyte.Unquote(nil, schema[field.Start:field.End])))
		}
	}
	return orDash(strings.Join(fields, ", "))
}
