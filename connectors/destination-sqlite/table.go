package main

import (
	"database/sql"
	"fmt"
	"strings"

	"knelt.dev/pkg/airbyte"
)

// table is where one stream goes.
type table struct {
	stream airbyte.ConfiguredStream
	// name is the table that users read, target the one being written: another
	// one while an overwrite has not come to its end.
	name, target string
	columns      []column       // meta columns first
	byField      map[string]int // field to column
	taken        map[string]bool
	keys         []path // primary key, when deduplicating
	cursor       path
	insert       *sql.Stmt // prepared for the present columns; nil if they changed
	row          []any
	meta         string // _airbyte_meta of a record without changes
}

// path is a field, possibly nested, and the column that holds it.
type path struct {
	fields []string
	column int
}

func newTable(s airbyte.ConfiguredStream, prefix string) (*table, error) {
	t := &table{stream: s, byField: map[string]int{}, taken: map[string]bool{}}
	t.name = prefix + s.Stream.Name
	if s.Stream.Namespace != "" {
		t.name = s.Stream.Namespace + "_" + t.name
	}
	t.target = t.name
	if s.DestinationSyncMode == airbyte.Overwrite {
		t.target = t.name + "_airbyte_tmp"
	}
	t.meta = fmt.Sprintf(`{"sync_id":%d,"changes":[]}`, s.SyncID)
	columns, err := schemaColumns(s.Stream.JSONSchema)
	if err != nil {
		return nil, err
	}
	for _, c := range append(append([]column{}, metaColumns...), columns...) {
		t.add(c)
	}
	t.addKeys()
	return t, nil
}

// add makes room for a column and says where it is.
func (t *table) add(c column) int {
	if c.name == "" {
		c.name = freeName(c.field, func(lower string) bool { return t.taken[lower] })
	}
	t.taken[strings.ToLower(c.name)] = true
	if c.field != "" {
		t.byField[c.field] = len(t.columns)
	}
	t.columns = append(t.columns, c)
	t.row = append(t.row, nil)
	return len(t.columns) - 1
}

// addKeys finds the columns of the primary key and the cursor; nested ones get
// a column of their own.
func (t *table) addKeys() {
	if t.stream.DestinationSyncMode != airbyte.AppendDedup {
		return
	}
	for _, fields := range t.stream.PrimaryKey {
		t.keys = append(t.keys, t.path(fields))
	}
	if len(t.stream.CursorField) > 0 {
		t.cursor = t.path(t.stream.CursorField)
	}
}

func (t *table) path(fields []string) path {
	if i, ok := t.byField[fields[0]]; ok && len(fields) == 1 {
		return path{fields, i}
	}
	return path{fields, t.add(column{field: strings.Join(fields, ".")})}
}

func (t *table) columnName(i int) string { return quoteName(t.columns[i].name) }

func (t *table) keyNames() string {
	names := make([]string, 0, len(t.keys))
	for _, k := range t.keys {
		names = append(names, t.columnName(k.column))
	}
	return strings.Join(names, ", ")
}

// create makes the table as the catalog wants it, with the columns an older one
// lacks.
func (t *table) create(db execer) error {
	if t.target != t.name {
		if _, err := db.Exec(`DROP TABLE IF EXISTS ` + quoteName(t.target)); err != nil {
			return err
		}
	}
	have, err := columnsOf(db, t.target)
	if err != nil {
		return err
	}
	if len(have) == 0 {
		if err := t.createTable(db); err != nil {
			return err
		}
	}
	for i, c := range t.columns {
		if len(have) > 0 && !have[strings.ToLower(c.name)] {
			if err := t.addColumn(db, i); err != nil {
				return err
			}
		}
	}
	return t.index(db)
}

func (t *table) createTable(db execer) error {
	definitions := make([]string, 0, len(t.columns))
	for i, c := range t.columns {
		definitions = append(definitions, strings.TrimSpace(t.columnName(i)+" "+c.kind))
	}
	_, err := db.Exec(`CREATE TABLE ` + quoteName(t.target) + ` (` + strings.Join(definitions, ", ") + `)`)
	return err
}

func (t *table) addColumn(db execer, i int) error {
	_, err := db.Exec(`ALTER TABLE ` + quoteName(t.target) + ` ADD COLUMN ` + t.columnName(i) + ` ` + t.columns[i].kind)
	return err
}

// index makes the primary key unique when deduplicating, and takes that away
// when not: the mode of a stream may change between syncs.
func (t *table) index(db execer) error {
	index := quoteName("_airbyte_key_" + t.target)
	if len(t.keys) == 0 {
		_, err := db.Exec(`DROP INDEX IF EXISTS ` + index)
		return err
	}
	if _, err := db.Exec(`CREATE UNIQUE INDEX IF NOT EXISTS ` + index + ` ON ` + quoteName(t.target) + ` (` + t.keyNames() + `)`); err == nil {
		return nil
	}
	// The table was appended to before: the newest of each key stays.
	if err := t.deduplicate(db); err != nil {
		return err
	}
	_, err := db.Exec(`CREATE UNIQUE INDEX IF NOT EXISTS ` + index + ` ON ` + quoteName(t.target) + ` (` + t.keyNames() + `)`)
	return err
}

func (t *table) deduplicate(db execer) error {
	order := "rowid DESC"
	if t.cursor.fields != nil {
		order = t.columnName(t.cursor.column) + " DESC, " + order
	}
	name := quoteName(t.target)
	_, err := db.Exec(`DELETE FROM ` + name + ` WHERE rowid NOT IN (SELECT id FROM (SELECT rowid AS id, row_number() OVER (PARTITION BY ` +
		t.keyNames() + ` ORDER BY ` + order + `) AS n FROM ` + name + `) WHERE n = 1)`)
	return err
}

// insertSQL is the statement for one row. When deduplicating, a row replaces
// one of the same key unless that has a later cursor.
func (t *table) insertSQL() string {
	names := make([]string, 0, len(t.columns))
	updates := make([]string, 0, len(t.columns))
	for i := range t.columns {
		name := t.columnName(i)
		names = append(names, name)
		updates = append(updates, name+" = excluded."+name)
	}
	statement := `INSERT INTO ` + quoteName(t.target) + ` (` + strings.Join(names, ", ") + `) VALUES (` +
		strings.TrimSuffix(strings.Repeat("?, ", len(names)), ", ") + `)`
	if len(t.keys) == 0 {
		return statement
	}
	statement += ` ON CONFLICT (` + t.keyNames() + `) DO UPDATE SET ` + strings.Join(updates, ", ")
	if t.cursor.fields == nil {
		return statement
	}
	old, cursor := quoteName(t.target), t.columnName(t.cursor.column)
	return statement + ` WHERE ` + old + `.` + cursor + ` IS NULL OR excluded.` + cursor + ` >= ` + old + `.` + cursor +
		` OR excluded.` + generationColumn + ` > ` + old + `.` + generationColumn
}

// finalize ends a stream of which everything has come: what is older than the
// minimum generation goes.
func (t *table) finalize(db execer) error {
	if t.stream.MinimumGenerationID == 0 || t.target != t.name {
		return nil
	}
	_, err := db.Exec(`DELETE FROM `+quoteName(t.name)+` WHERE coalesce(`+generationColumn+`, 0) < ?`, t.stream.MinimumGenerationID)
	return err
}

// swap puts an overwritten table in the place of the old one.
func (t *table) swap(db execer) error {
	if t.target == t.name {
		return nil
	}
	for _, statement := range []string{
		`DROP TABLE IF EXISTS ` + quoteName(t.name),
		`ALTER TABLE ` + quoteName(t.target) + ` RENAME TO ` + quoteName(t.name),
	} {
		if _, err := db.Exec(statement); err != nil {
			return err
		}
	}
	return nil
}
