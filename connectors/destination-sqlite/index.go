package main

import (
	"strings"

	"knelt.dev/connectors/internal/load"
)

// keyOf gives the key as an index or ON CONFLICT writes it. NULLs are different
// from each other in an index of SQLite; in a key of several parts they are the
// same, as an empty blob, which no field can be. Rows without any part are not
// of the index: they may be there from before the table was deduplicated.
func (t *table) keyOf() string {
	if len(t.Keys) == 1 {
		return `(` + t.columnName(t.Keys[0].Column) + `)`
	}
	parts := make([]string, 0, len(t.Keys))
	for _, k := range t.Keys {
		parts = append(parts, `ifnull(`+t.columnName(k.Column)+`, x'')`)
	}
	return `(` + strings.Join(parts, ", ") + `) WHERE ` + t.hasKey()
}

// hasKey is the condition that a row has a part of its key.
func (t *table) hasKey() string {
	parts := make([]string, 0, len(t.Keys))
	for _, k := range t.Keys {
		parts = append(parts, t.columnName(k.Column)+` IS NOT NULL`)
	}
	return strings.Join(parts, " OR ")
}

// index makes the primary key unique when deduplicating, and takes that away
// when not: mode and key of a stream may change between syncs.
func (t *table) index(db *database) error {
	name := quoteName(t.indexName())
	create := `CREATE UNIQUE INDEX ` + name + ` ON ` + quoteName(t.Table.Target) + ` ` + t.keyOf()
	existing, err := db.texts(1, `SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = ? COLLATE NOCASE`, t.indexName())
	if err != nil || (len(existing) == 1 && existing[0][0] == create && len(t.Keys) > 0) {
		return err
	}
	if err := db.exec(`DROP INDEX IF EXISTS ` + name); err != nil || len(t.Keys) == 0 {
		return err
	}
	if err := db.exec(create); !isConstraint(err) {
		return err
	}
	// The table was appended to, or had another key: the newest row of each
	// stays.
	return load.Joined(t.deduplicate(db), db.exec(create))
}

// deduplicate leaves the row of the latest generation, then of the latest
// cursor, then the last one written.
func (t *table) deduplicate(db *database) error {
	order := `ifnull(` + load.GenerationColumn + `, -1) DESC, `
	if t.Cursor.Fields != nil {
		order += t.columnName(t.Cursor.Column) + ` DESC, `
	}
	columns := make([]string, 0, len(t.Keys))
	for _, k := range t.Keys {
		columns = append(columns, t.columnName(k.Column))
	}
	name := quoteName(t.Table.Target)
	return db.exec(`DELETE FROM ` + name + ` WHERE rowid IN (SELECT id FROM (SELECT rowid AS id, row_number() OVER (PARTITION BY ` +
		strings.Join(columns, ", ") + ` ORDER BY ` + order + `rowid DESC) AS n FROM ` + name + ` WHERE ` + t.hasKey() + `) WHERE n > 1)`)
}
