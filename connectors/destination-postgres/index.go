package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"knelt.dev/connectors/internal/load"
	"knelt.dev/connectors/internal/postgres"
)

// indexPrefix starts the names of the indexes that make keys unique.
const indexPrefix = "_airbyte_key_"

func (t *table) keyNames() string {
	names := make([]string, 0, len(t.Keys))
	for _, k := range t.Keys {
		names = append(names, postgres.QuoteName(t.Columns[k.Column].Name))
	}
	return strings.Join(names, ", ")
}

// nullsAreEqual tells whether the server can hold NULLs of a key for equal; those
// before 15 cannot.
func (t *table) nullsAreEqual() bool { return len(t.Keys) == 1 || t.db.version >= 150000 }

// hasKey is the condition of the index that a row has a part of its key. Others may
// be there from before the table was deduplicated. A key of one column needs none:
// NULLs are different from each other.
func (t *table) hasKey() string {
	if len(t.Keys) == 1 {
		return ""
	}
	return ` WHERE ` + t.anyKey()
}

func (t *table) anyKey() string {
	parts := make([]string, 0, len(t.Keys))
	for _, k := range t.Keys {
		parts = append(parts, postgres.QuoteName(t.Columns[k.Column].Name)+` IS NOT NULL`)
	}
	return strings.Join(parts, " OR ")
}

// index makes the primary key of a table unique when deduplicating, and takes that
// away when not: mode and key of a stream may change between syncs. The index's
// name tells what it is of.
func (t *table) index(name string) error {
	definition := `(` + t.keyNames() + `)`
	if len(t.Keys) > 1 && t.nullsAreEqual() {
		definition += ` NULLS NOT DISTINCT`
	}
	if len(t.Keys) > 0 {
		definition += t.hasKey()
	}
	wanted := load.Derived(indexPrefix+name+definition, 12, maxName)
	found, err := t.db.texts(`SELECT c.relname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
		WHERE i.indrelid = pg_catalog.to_regclass($1) AND pg_catalog.starts_with(c.relname::text, $2)`, t.quoted(name), indexPrefix)
	if err != nil {
		return err
	}
	for _, index := range found {
		if index[0] == wanted && len(t.Keys) > 0 {
			continue
		}
		if err := t.db.exec(`DROP INDEX ` + t.quoted(index[0])); err != nil {
			return err
		}
	}
	if len(t.Keys) == 0 || slices.ContainsFunc(found, func(index []string) bool { return index[0] == wanted }) {
		return nil
	}
	create := `CREATE UNIQUE INDEX ` + postgres.QuoteName(wanted) + ` ON ` + t.quoted(name) + ` ` + definition
	return t.createUnique(name, create)
}

// createUnique makes the index. If the table was appended to, or had another key, the
// newest row of each key stays.
func (t *table) createUnique(name, create string) error {
	if err := t.db.exec(`SAVEPOINT key`); err != nil {
		return err
	}
	err := t.db.exec(create)
	var refused *pgconn.PgError
	if err == nil || !errors.As(err, &refused) || refused.Code != "23505" { // unique_violation
		return err
	}
	return t.db.exec(`ROLLBACK TO SAVEPOINT key`, t.deduplicate(name), create)
}

// deduplicate leaves the row of the latest generation, then of the latest cursor, then
// the last one extracted.
func (t *table) deduplicate(name string) string {
	order := `coalesce(` + load.GenerationColumn + `, -1) DESC, `
	if t.Cursor.Fields != nil {
		order += postgres.QuoteName(t.Columns[t.Cursor.Column].Name) + ` DESC NULLS LAST, `
	}
	return `DELETE FROM ` + t.quoted(name) + ` WHERE ctid = ANY (ARRAY(SELECT id FROM (SELECT ctid AS id, row_number() OVER (PARTITION BY ` +
		t.keyNames() + ` ORDER BY ` + order + load.ExtractedColumn + ` DESC NULLS LAST, ctid DESC) AS n FROM ` + t.quoted(name) +
		` WHERE ` + t.anyKey() + `) AS numbered WHERE n > 1))`
}
