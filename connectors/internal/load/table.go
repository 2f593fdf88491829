package load

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/pkg/airbyte"
)

// Table is where one stream goes: what its columns are, and for one record at a
// time which value each of them gets.
type Table struct {
	*Dialect
	Stream airbyte.ConfiguredStream
	// Name is the table that users read, Target the one being written: another
	// one while an overwrite has not come to its end.
	Name, Target string
	// Have are the columns the table had, by their folded names.
	Have map[string]Column
	// Columns are those of the row, meta columns first.
	Columns []Column
	// Keys are the primary key, when deduplicating; Cursor tells the newest row.
	Keys   []Path
	Cursor Path
	// Complete is set once its source said so.
	Complete bool
	// Values are where the record's values are in its line, by column; empty for
	// none.
	Values []airbyte.Span
	// Overflow is an object of the fields without a column; empty for none.
	Overflow []byte
	// OverflowAt is the column for it; -1 if there is none.
	OverflowAt int

	fields  []string // by column, the field it is for, as the content of a JSON string
	names   names
	lacking int            // how many of the columns the table did not have
	byField map[string]int // field to column
	changes []byte
	warned  bool
	meta    string
}

// Path is a field, possibly nested, and the column that holds it.
type Path struct {
	Fields []string
	Column int
}

func (p Path) name() string { return strings.Join(p.Fields, ".") }

// NewTable makes a stream's table; target is where an overwrite goes meanwhile.
func NewTable(d *Dialect, s airbyte.ConfiguredStream, name, target string) *Table {
	t := &Table{
		Dialect: d, Stream: s, Name: name, Target: name, OverflowAt: -1, byField: map[string]int{},
		meta: fmt.Sprintf(`{"sync_id":%d,"changes":[]}`, s.SyncID),
	}
	if t.Overwrites() {
		t.Target = target
	}
	return t
}

// Overwrites tells whether the stream replaces the table at its end.
func (t *Table) Overwrites() bool {
	return t.Stream.DestinationSyncMode == airbyte.Overwrite || t.Stream.DestinationSyncMode == airbyte.OverwriteDedup
}

func (t *Table) deduplicates() bool {
	return t.Stream.DestinationSyncMode == airbyte.AppendDedup || t.Stream.DestinationSyncMode == airbyte.OverwriteDedup
}

// Plan lays out the row for a table that has the columns have; none if it is
// to be made. The columns of the key come before the schema's, which may be too
// many for the table.
func (t *Table) Plan(have map[string]Column) error {
	s, err := parseSchema(t.Stream.Stream.JSONSchema)
	if err != nil {
		return err
	}
	t.Have = have
	t.names = names{Dialect: t.Dialect, have: have, taken: map[string]bool{}}
	for _, c := range []Column{{RawIDColumn, t.RawID}, {ExtractedColumn, t.Extracted}, {GenerationColumn, t.Generation}, {MetaColumn, t.Meta}} {
		t.add(c, "")
	}
	t.planKeys(s)
	if t.OverflowAt >= 0 {
		return kit.ConfigError("the table %q has as many columns as %s allows: no room for the fields of the primary key and the cursor", t.Name, t.Product)
	}
	for _, field := range s.fields() {
		t.columnOf(field, s[field])
	}
	return nil
}

// planKeys finds the columns of the primary key and the cursor; nested ones get
// a column of their own.
func (t *Table) planKeys(s schema) {
	if !t.deduplicates() {
		return
	}
	for _, fields := range t.Stream.PrimaryKey {
		t.Keys = append(t.Keys, t.path(fields, s))
	}
	if len(t.Stream.CursorField) > 0 {
		t.Cursor = t.path(t.Stream.CursorField, s)
	}
}

func (t *Table) path(fields []string, s schema) Path {
	p := Path{Fields: fields}
	if len(fields) == 1 {
		p.Column = t.columnOf(fields[0], s[fields[0]])
		return p
	}
	for _, k := range append(slices.Clone(t.Keys), t.Cursor) {
		if len(k.Fields) > 1 && k.name() == p.name() {
			p.Column = k.Column
			return p
		}
	}
	name := t.names.choose(p.name())
	p.Column = t.add(Column{Name: name, Kind: t.kindFor(name, nil)}, p.name())
	return p
}

// columnOf finds the column of a field, or makes one by its schema. In a table
// that is full it is the one for what overflows.
func (t *Table) columnOf(field string, property json.RawMessage) int {
	if i, ok := t.byField[field]; ok {
		return i
	}
	name := t.names.choose(field)
	if t.isFull(name) {
		return t.overflowColumn()
	}
	t.byField[field] = len(t.Columns)
	return t.add(Column{Name: name, Kind: t.kindFor(name, property)}, field)
}

// kindFor gives the kind of a column, which the table may have.
func (t *Table) kindFor(name string, property json.RawMessage) Kind {
	if existing, ok := t.Have[t.Fold(name)]; ok {
		return t.Resolve(existing.Kind, property)
	}
	return t.KindOf(property)
}

// isFull tells whether one more column would be more than the database allows. One
// place is kept for the overflow itself.
func (t *Table) isFull(name string) bool {
	_, exists := t.Have[t.Fold(name)]
	return !exists && len(t.Have)+t.lacking >= t.MaxColumns-1
}

func (t *Table) overflowColumn() int {
	if t.OverflowAt < 0 {
		t.OverflowAt = t.add(Column{Name: OverflowColumn, Kind: t.Dialect.Overflow}, OverflowColumn)
	}
	return t.OverflowAt
}

// add makes room for a column and says where it is. A column of ours that the
// table has keeps its kind.
func (t *Table) add(c Column, field string) int {
	existing, ok := t.Have[t.Fold(c.Name)]
	if !ok {
		t.lacking++
	} else if field == "" || field == OverflowColumn {
		c.Kind = existing.Kind
	}
	t.names.taken[t.Fold(c.Name)] = true
	t.Columns = append(t.Columns, c)
	t.Values = append(t.Values, airbyte.Span{})
	quoted := airbyte.AppendString(nil, field)
	t.fields = append(t.fields, string(quoted[1:len(quoted)-1]))
	return len(t.Columns) - 1
}

// Changed gives the columns whose kind is another one than the table has.
func (t *Table) Changed() []int {
	var changed []int
	for i, c := range t.Columns {
		if existing, ok := t.Have[t.Fold(c.Name)]; ok && existing.Kind != c.Kind {
			changed = append(changed, i)
		}
	}
	return changed
}
