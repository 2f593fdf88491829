package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// The columns every table has beside the stream's own.
const (
	rawIDColumn      = "_airbyte_raw_id"
	extractedColumn  = "_airbyte_extracted_at"
	generationColumn = "_airbyte_generation_id"
	metaColumn       = "_airbyte_meta"
)

// metaColumns are the first of every row, in this order.
var metaColumns = []column{
	{name: rawIDColumn, kind: "TEXT"},
	{name: extractedColumn, kind: "INTEGER"},
	{name: generationColumn, kind: "INTEGER"},
	{name: metaColumn, kind: "TEXT"},
}

// column is one column of a table.
type column struct {
	field string // key in the record's data
	name  string // what the table calls it
	kind  string // SQLite's type
}

// schemaColumns gives the columns of a stream's JSON Schema, by name.
func schemaColumns(schema json.RawMessage) ([]column, error) {
	var s struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if len(schema) > 0 {
		if err := json.Unmarshal(schema, &s); err != nil {
			return nil, fmt.Errorf("json_schema: %w", err)
		}
	}
	var columns []column
	for field, property := range s.Properties {
		columns = append(columns, column{field: field, kind: kindOf(property)})
	}
	slices.SortFunc(columns, func(a, b column) int { return strings.Compare(a.field, b.field) })
	return columns, nil
}

// kindOf gives the type of a property: of several types the first that is not
// null decides.
func kindOf(property json.RawMessage) string {
	var p struct {
		Type  any               `json:"type"`
		OneOf []json.RawMessage `json:"oneOf"`
		AnyOf []json.RawMessage `json:"anyOf"`
	}
	if json.Unmarshal(property, &p) != nil {
		return "" // "true" is a schema too: no type
	}
	for _, name := range typeNames(p.Type) {
		if kind, ok := sqliteKinds[name]; ok {
			return kind
		}
	}
	for _, branch := range append(p.OneOf, p.AnyOf...) {
		if kind := kindOf(branch); kind != "" {
			return kind
		}
	}
	return ""
}

var sqliteKinds = map[string]string{
	"integer": "INTEGER", "number": "REAL", "boolean": "BOOLEAN", "string": "TEXT", "object": "JSON", "array": "JSON",
}

func typeNames(t any) []string {
	switch t := t.(type) {
	case string:
		return []string{t}
	case []any:
		var names []string
		for _, item := range t {
			if name, ok := item.(string); ok {
				names = append(names, name)
			}
		}
		return names
	}
	return nil
}

// freeName gives a name for a field that no other column has: SQLite does not
// tell names apart by case.
func freeName(field string, taken func(lower string) bool) string {
	name := field
	if name == "" {
		name = "_"
	}
	for n := 2; taken(strings.ToLower(name)); n++ {
		name = fmt.Sprintf("%s_%d", field, n)
	}
	return name
}
