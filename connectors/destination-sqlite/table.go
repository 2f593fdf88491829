package main

import (
	"database/sql/driver"

	"knelt.dev/connectors/internal/load"
	"knelt.dev/pkg/airbyte"
)

// table is where one stream goes.
type table struct {
	*load.Table
	db    *database
	batch batch
	row   []driver.Value // that is being made
}

// tableName is what a stream's table is called.
func tableName(s airbyte.Stream, prefix string) string {
	if s.Namespace == "" {
		return prefix + s.Name
	}
	return s.Namespace + "_" + prefix + s.Name
}

// Target makes the table of a stream. Tables and indexes share their names.
func (db *database) Target(s airbyte.ConfiguredStream) (load.Target, []string) {
	name := tableName(s.Stream, db.config.TablePrefix)
	aside := name + "_airbyte_tmp"
	return &table{db: db, Table: load.NewTable(dialect, s, name, aside)}, []string{name, aside, "_airbyte_key_" + name}
}

// Core is the table as load knows it.
func (t *table) Core() *load.Table { return t.Table }

// indexName is that of the index that makes keys unique.
func (t *table) indexName() string { return "_airbyte_key_" + t.Table.Target }

func (t *table) columnName(i int) string { return quoteName(t.Columns[i].Name) }

// Put makes the row of a record and adds it to the batch.
func (t *table) Put(line []byte, e *airbyte.Envelope, rawID string) (ok bool, err error) {
	t.row = append(t.row[:0], make([]driver.Value, len(t.Columns))...)
	for i, v := range t.Values {
		if v.Empty() {
			continue
		}
		value, change := stored(line, v, t.Columns[i].Kind)
		t.row[i] = value
		if change != load.Kept {
			t.Note(i, change, "DESTINATION_FIELD_SIZE_LIMITATION")
		}
	}
	if len(t.Overflow) > 0 {
		t.row[t.OverflowAt] = string(t.Overflow)
	}
	if !t.hasKeyValue() {
		return false, nil
	}
	if ms, ok := load.ExtractedAt(line, e); ok {
		t.row[1] = ms
	}
	t.row[0], t.row[2], t.row[3] = rawID, t.Stream.GenerationID, t.MetaOf(line, e)
	if !t.push(len(line)) {
		return true, nil
	}
	return true, t.Flush()
}

// hasKeyValue tells whether the row has a part of its key.
func (t *table) hasKeyValue() bool {
	for _, k := range t.Keys {
		if t.row[k.Column] != nil {
			return true
		}
	}
	return len(t.Keys) == 0
}

// Widen adds columns; what was prepared does not know them.
func (t *table) Widen(from int) error {
	if err := t.Forget(); err != nil {
		return err
	}
	return t.addColumns(t.db, from)
}
