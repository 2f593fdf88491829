package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"knelt.dev/connectors/internal/kit"
)

// kind is the type a column is declared with.
type kind string

const (
	anything kind = "" // values stay what they are
	integer  kind = "INTEGER"
	number   kind = "REAL"
	boolean  kind = "BOOLEAN"
	text     kind = "TEXT"
	document kind = "JSON" // the column holds JSON, strings too
)

var kinds = map[string]kind{
	"integer": integer, "number": number, "boolean": boolean, "string": text, "object": document, "array": document,
}

// numeric tells whether SQLite makes numbers of texts that look like some in a
// column of the type, by its rules of affinity (its documentation, Datatypes,
// 3.1). Such a column cannot hold an integer beyond 64 bits.
func (k kind) numeric() bool {
	declared := strings.ToUpper(string(k))
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(declared, word) })
	}
	switch {
	case has("INT"):
		return true
	case declared == "", has("CHAR", "CLOB", "TEXT", "BLOB"):
		return false
	}
	return true
}

// real tells whether SQLite makes doubles of integers in a column of the type.
func (k kind) real() bool {
	declared := strings.ToUpper(string(k))
	for _, word := range []string{"REAL", "FLOA", "DOUB"} { //nolint:misspell // SQLite's words
		if k.numeric() && !strings.Contains(declared, "INT") && strings.Contains(declared, word) {
			return true
		}
	}
	return false
}

// column is one column of a table.
type column struct {
	name string
	kind kind
}

// schema is the properties of a stream's JSON Schema.
type schema map[string]json.RawMessage

func parseSchema(raw json.RawMessage) (schema, error) {
	var s struct {
		Properties schema `json:"properties"`
	}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, kit.ConfigError("json_schema: %w", err)
		}
	}
	return s.Properties, nil
}

// fields are the names in a fixed order, so that of names that differ in case
// only it is always the same that gets its own for a column.
func (s schema) fields() []string { return slices.Sorted(maps.Keys(s)) }

// kindOf gives the type for a field. One of several types, as integer or
// string, gets none: another type would change some of the values.
func (s schema) kindOf(field string) kind {
	found := map[kind]bool{}
	collectKinds(s[field], found)
	if len(found) == 1 {
		return slices.Collect(maps.Keys(found))[0]
	}
	return anything
}

func (s schema) isMixed(field string) bool {
	found := map[kind]bool{}
	collectKinds(s[field], found)
	return len(found) > 1
}

func collectKinds(property json.RawMessage, found map[kind]bool) {
	var p struct {
		Type  any               `json:"type"`
		OneOf []json.RawMessage `json:"oneOf"`
		AnyOf []json.RawMessage `json:"anyOf"`
	}
	if json.Unmarshal(property, &p) != nil {
		return // "true" is a schema too: it says nothing
	}
	types, ok := p.Type.([]any)
	if !ok {
		types = []any{p.Type}
	}
	for _, t := range types {
		if k, ok := kinds[fmt.Sprint(t)]; ok {
			found[k] = true
		}
	}
	for _, branch := range slices.Concat(p.OneOf, p.AnyOf) {
		collectKinds(branch, found)
	}
}
