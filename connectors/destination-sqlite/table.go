package main

import (
	"database/sql/driver"
	"fmt"
	"strings"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/pkg/airbyte"
)

// table is where one stream goes.
type table struct {
	stream airbyte.ConfiguredStream
	// name is the table that users read, target the one being written: another
	// one while an overwrite has not come to its end.
	name, target string
	names        names
	columns      []column       // those of the row, meta columns first
	lacking      int            // how many of them the table did not have
	byField      map[string]int // field to column
	overflowAt   int            // the column for fields without one; -1 if there is none
	keys         []path         // primary key, when deduplicating
	cursor       path
	complete     bool // its source said so
	batch        batch
	warned       bool

	// The row that is being made.
	row      []driver.Value
	overflow []byte
	changes  []byte
	// What rows share.
	generation, meta any
}

// path is a field, possibly nested, and the column that holds it.
type path struct {
	fields []string
	column int
}

func (p path) name() string { return strings.Join(p.fields, ".") }

// tableName is what a stream's table is called.
func tableName(s airbyte.Stream, prefix string) string {
	if s.Namespace == "" {
		return prefix + s.Name
	}
	return s.Namespace + "_" + prefix + s.Name
}

func newTable(s airbyte.ConfiguredStream, prefix string) *table {
	t := &table{
		stream: s, byField: map[string]int{}, overflowAt: -1,
		generation: s.GenerationID, meta: fmt.Sprintf(`{"sync_id":%d,"changes":[]}`, s.SyncID),
	}
	t.name = tableName(s.Stream, prefix)
	t.target = t.name
	if t.overwrites() {
		t.target = t.name + "_airbyte_tmp"
	}
	return t
}

func (t *table) overwrites() bool { return t.stream.DestinationSyncMode == airbyte.Overwrite }

// indexName is that of the index that makes keys unique.
func (t *table) indexName() string { return "_airbyte_key_" + t.target }

// plan lays out the row for a table that has the columns have; none if it is
// to be made. The columns of the key come before the schema's, which may be too
// many for the table.
func (t *table) plan(have map[string]column) error {
	s, err := parseSchema(t.stream.Stream.JSONSchema)
	if err != nil {
		return err
	}
	t.names = names{have: have, taken: map[string]bool{}}
	for _, c := range []column{{rawIDColumn, text}, {extractedColumn, integer}, {generationColumn, integer}, {metaColumn, text}} {
		t.add(c)
	}
	t.planKeys(s)
	if t.overflowAt >= 0 {
		return kit.ConfigError("the table %q has as many columns as SQLite allows: no room for the fields of the primary key and the cursor", t.name)
	}
	for _, field := range s.fields() {
		i := t.columnOf(field, s.kindOf(field))
		if s.isMixed(field) && t.columns[i].kind.numeric() && i != t.overflowAt {
			t.columns[i].kind = anything
		}
	}
	return nil
}

// planKeys finds the columns of the primary key and the cursor; nested ones get
// a column of their own.
func (t *table) planKeys(s schema) {
	if t.stream.DestinationSyncMode != airbyte.AppendDedup {
		return
	}
	for _, fields := range t.stream.PrimaryKey {
		t.keys = append(t.keys, t.path(fields, s))
	}
	if len(t.stream.CursorField) > 0 {
		t.cursor = t.path(t.stream.CursorField, s)
	}
}

func (t *table) path(fields []string, s schema) path {
	p := path{fields: fields}
	if len(fields) == 1 {
		p.column = t.columnOf(fields[0], s.kindOf(fields[0]))
		return p
	}
	for _, k := range append(t.keys, t.cursor) {
		if len(k.fields) > 1 && k.name() == p.name() {
			p.column = k.column
			return p
		}
	}
	p.column = t.add(column{name: t.names.choose(p.name())})
	return p
}

// columnFor finds or makes the column of a field that the schema does not name.
func (t *table) columnFor(field string) int { return t.columnOf(field, anything) }

// columnOf finds the column of a field, or makes one of the kind. In a table
// that is full it is the one for what overflows.
func (t *table) columnOf(field string, k kind) int {
	if i, ok := t.byField[field]; ok {
		return i
	}
	name := t.names.choose(field)
	if t.isFull(name) {
		return t.overflowColumn()
	}
	t.byField[field] = len(t.columns)
	return t.add(column{name: name, kind: k})
}

// isFull tells whether one more column would be more than SQLite allows. One
// place is kept for the overflow itself.
func (t *table) isFull(name string) bool {
	_, exists := t.names.have[fold(name)]
	return !exists && len(t.names.have)+t.lacking >= maxColumns-1
}

func (t *table) overflowColumn() int {
	if t.overflowAt < 0 {
		t.overflowAt = t.add(column{name: overflowColumn, kind: document})
	}
	return t.overflowAt
}

// add makes room for a column and says where it is. A column that the table has
// keeps its type.
func (t *table) add(c column) int {
	existing, ok := t.names.have[fold(c.name)]
	if !ok {
		t.lacking++
	} else if !needsChange(existing.kind, c.kind) {
		c.kind = existing.kind
	}
	t.names.taken[fold(c.name)] = true
	t.columns = append(t.columns, c)
	t.row = append(t.row, nil)
	return len(t.columns) - 1
}

// needsChange tells whether a column of the type had would change values of
// the type wanted: 007 must not become 7 since a field is a text now.
func needsChange(had, wanted kind) bool { return had.numeric() && wanted == text }

func (t *table) columnName(i int) string { return quoteName(t.columns[i].name) }
