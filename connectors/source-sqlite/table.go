package main

import (
	"encoding/json"
	"slices"
	"strings"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/pkg/airbyte"
)

// table is a table or view of the database.
type table struct {
	name    string
	rowid   string // what rows' ids are called, so that a read can be resumed; "" if they have none
	columns []column
}

// column is one column; key is its place in the primary key, from 1, or 0.
type column struct {
	name, declared string
	key            int
	unique         bool // no two rows have the same value
	notNull        bool
}

// stream describes the table as a stream.
func (t table) stream() airbyte.Stream {
	s := airbyte.Stream{
		Name: t.name, JSONSchema: t.schema(), IsResumable: t.rowid != "",
		SupportedSyncModes: []airbyte.SyncMode{airbyte.FullRefresh, airbyte.Incremental},
	}
	s.SourceDefinedPrimaryKey = t.primaryKey()
	if cursor := kit.LikelyCursor(t.columnNamed); cursor >= 0 {
		s.DefaultCursorField = []string{t.columns[cursor].name}
	}
	return s
}

func (t table) schema() json.RawMessage {
	properties := map[string]any{}
	for _, c := range t.columns {
		properties[c.name] = c.schema()
	}
	return kit.ObjectSchema(properties)
}

func (t table) primaryKey() [][]string {
	keys := slices.DeleteFunc(slices.Clone(t.columns), func(c column) bool { return c.key == 0 })
	slices.SortFunc(keys, func(a, b column) int { return a.key - b.key })
	var names [][]string
	for _, c := range keys {
		names = append(names, []string{c.name})
	}
	return names
}

// columnNamed finds a column as SQLite does, whatever its case; -1 if there is
// none.
func (t table) columnNamed(name string) int {
	return slices.IndexFunc(t.columns, func(c column) bool { return strings.EqualFold(c.name, name) })
}

// schema follows SQLite's rules of type affinity (its documentation, Datatypes,
// 3.1), with BOOLEAN and JSON as people use them.
func (c column) schema() map[string]any {
	declared := strings.ToUpper(c.declared)
	has := func(word string) bool { return strings.Contains(declared, word) }
	switch {
	case has("BOOL"):
		return nullable("boolean")
	case has("INT"):
		return nullable("integer")
	case has("CHAR"), has("CLOB"), has("TEXT"), has("JSON"), has("DATE"), has("TIME"):
		return nullable("string")
	case has("BLOB"):
		return map[string]any{"type": []string{"null", "string"}, "contentEncoding": "base64"}
	case has("REAL"), has("FLOAT"), has("DOUBLE"), has("NUM"), has("DEC"):
		return nullable("number")
	}
	return map[string]any{}
}

func nullable(kind string) map[string]any { return map[string]any{"type": []string{"null", kind}} }

func (c column) boolean() bool { return strings.Contains(strings.ToUpper(c.declared), "BOOL") }

// heads gives, for each column, what stands before its value in a row's JSON.
func (t table) heads() [][]byte {
	names := make([]string, 0, len(t.columns))
	for _, c := range t.columns {
		names = append(names, c.name)
	}
	return kit.RowHeads(names)
}
