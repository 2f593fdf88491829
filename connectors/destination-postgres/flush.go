package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"knelt.dev/connectors/internal/load"
	"knelt.dev/connectors/internal/postgres"
)

// metaColumns is how many columns of ours stand before the stream's.
const metaColumns = 4

// fewTables is how many tables may keep their buffers.
const fewTables = 16

func (t *table) generation() string { return strconv.FormatInt(t.Stream.GenerationID, 10) }

// follow takes note of columns that have come.
func (t *table) follow() {
	if len(t.encoders) == len(t.Columns) {
		return
	}
	t.encoders = t.encoders[:0]
	names := make([]string, 0, len(t.Columns))
	for _, c := range t.Columns {
		t.encoders = append(t.encoders, encoderOf(c.Kind))
		names = append(names, postgres.QuoteName(c.Name))
	}
	t.columns = slices.Concat(names[metaColumns:], names[:metaColumns])
}

// Flush sends the gathered rows: to the table, or to the temporary one.
func (t *table) Flush() error {
	if len(t.rows) == 0 {
		return nil
	}
	into := t.quoted(t.Table.Target)
	if len(t.Keys) > 0 {
		if err := t.makeStage(); err != nil {
			return err
		}
		into = t.stage
		t.staged += len(t.rows)
	}
	if err := t.db.copyIn(into, t.columns, t.rows); err != nil {
		return err
	}
	t.db.gathered -= len(t.rows)
	t.rows = t.rows[:0]
	if len(t.db.tables) > fewTables || cap(t.rows) > 4*batchSize {
		t.rows = nil
	}
	return nil
}

// makeStage makes the temporary table for rows that have to be deduplicated; it
// is empty again after each commit.
func (t *table) makeStage() error {
	if t.stage != "" {
		return nil
	}
	for i, other := range t.db.tables {
		if other == t {
			t.stage = fmt.Sprintf(`pg_temp.stage_%d`, i)
		}
	}
	return t.db.exec(`CREATE TEMP TABLE ` + strings.TrimPrefix(t.stage, "pg_temp.") + ` (LIKE ` + t.quoted(t.Table.Target) + `) ON COMMIT DELETE ROWS`)
}

// merge puts the newest row of each key from the temporary table in its place. A row
// replaces the one with its key, whole, unless that has a later cursor; a newer
// generation replaces an older one whatever their cursors.
func (t *table) merge() error {
	t.follow()
	keys, sets := t.keyNames(), make([]string, 0, len(t.columns))
	for _, c := range t.columns {
		sets = append(sets, c+` = excluded.`+c)
	}
	columns := strings.Join(t.columns, ", ")
	newest, unless := "", ""
	if t.Cursor.Fields != nil {
		cursor, generation := postgres.QuoteName(t.Columns[t.Cursor.Column].Name), postgres.QuoteName(load.GenerationColumn)
		newest = cursor + ` DESC NULLS LAST, `
		unless = ` WHERE t.` + cursor + ` IS NULL OR excluded.` + cursor + ` >= t.` + cursor +
			` OR excluded.` + generation + ` > coalesce(t.` + generation + `, -1)`
	}
	t.staged = 0
	return t.db.exec(`INSERT INTO ` + t.quoted(t.Table.Target) + ` AS t (` + columns + `) SELECT DISTINCT ON (` + keys + `) ` + columns +
		` FROM ` + t.stage + ` ORDER BY ` + keys + `, ` + newest + postgres.QuoteName(load.RawIDColumn) + ` DESC` +
		` ON CONFLICT (` + keys + `)` + t.hasKey() + ` DO UPDATE SET ` + strings.Join(sets, ", ") + unless)
}

// Forget has nothing to drop: the temporary table goes with the connection.
func (t *table) Forget() error { return nil }
