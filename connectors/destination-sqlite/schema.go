package main

import (
	"encoding/json"
	"slices"
	"strings"

	"knelt.dev/connectors/internal/load"
	"knelt.dev/pkg/airbyte"
)

// The types that columns are declared with.
const (
	anything load.Kind = "" // values stay what they are
	integer  load.Kind = "INTEGER"
	number   load.Kind = "REAL"
	boolean  load.Kind = "BOOLEAN"
	text     load.Kind = "TEXT"
	document load.Kind = "JSON" // the column holds JSON, strings too
)

var kinds = map[string]load.Kind{
	"integer": integer, "number": number, "boolean": boolean, "string": text, "object": document, "array": document,
}

// dialect is what is particular to tables of SQLite. MaxColumns is its
// SQLITE_MAX_COLUMN.
var dialect = &load.Dialect{
	Product: "SQLite", Modes: []airbyte.DestinationSyncMode{airbyte.Append, airbyte.AppendDedup, airbyte.Overwrite},
	RawID: text, Extracted: integer, Generation: integer, Meta: text, Overflow: document,
	MaxColumns: 2000, Fold: fold,
	KindOf:  func(property json.RawMessage) load.Kind { kind, _ := kindOf(property); return kind },
	Resolve: resolve,
}

// kindOf gives the type for a field. One of several types, as integer or
// string, gets none: another type would change some of the values.
func kindOf(property json.RawMessage) (kind load.Kind, mixed bool) {
	return load.OneKind(property, func(name string, _ load.Property) load.Kind { return kinds[name] }, anything)
}

// resolve keeps the type of a column, unless it would change values of the type
// wanted: 007 must not become 7 since a field is a text now, or may be one.
func resolve(had load.Kind, property json.RawMessage) load.Kind {
	wanted, mixed := kindOf(property)
	if numeric(had) && (wanted == text || mixed) {
		return wanted
	}
	return had
}

// fold gives what SQLite compares names by: ASCII letters without their case.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

// numeric tells whether SQLite makes numbers of texts that look like some in a
// column of the type, by its rules of affinity (its documentation, Datatypes,
// 3.1). Such a column cannot hold an integer beyond 64 bits.
func numeric(k load.Kind) bool {
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

// isReal tells whether SQLite makes doubles of integers in a column of the type.
func isReal(k load.Kind) bool {
	declared := strings.ToUpper(string(k))
	for _, word := range []string{"REAL", "FLOA", "DOUB"} { //nolint:misspell // SQLite's words
		if numeric(k) && !strings.Contains(declared, "INT") && strings.Contains(declared, word) {
			return true
		}
	}
	return false
}
