package main

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"strings"

	_ "modernc.org/sqlite" // the driver

	"knelt.dev/connectors/internal/kit"
)

// database is the SQLite file, open for reading.
type database struct{ *sql.DB }

// open opens the file. It is not made if it is missing, nor written to.
func open(ctx context.Context, path string) (*database, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, kit.ConfigError("there is no file %s", path)
	}
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?mode=ro&_pragma=busy_timeout(30000)&_pragma=query_only(true)"
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, kit.ConfigError("opening the database: %w", err)
	}
	if err := db.PingContext(ctx); err != nil {
		return nil, kit.ConfigError("opening the database %s: %w", path, err)
	}
	return &database{db}, nil
}

// tables describes the tables and views, or those wanted.
func (db *database) tables(ctx context.Context, wanted []string) ([]table, error) {
	rows, err := db.QueryContext(ctx, `SELECT name, type FROM sqlite_schema
		WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name`)
	if err != nil {
		return nil, kit.ConfigError("reading the schema: %w", err)
	}
	found, err := scanTables(rows)
	if err == nil {
		found, err = choose(found, wanted)
	}
	if err != nil {
		return nil, err
	}
	for i := range found {
		if err := db.describe(ctx, &found[i]); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func scanTables(rows *sql.Rows) ([]table, error) {
	defer closeRows(rows)
	var found []table
	for rows.Next() {
		var t table
		var kind string
		if err := rows.Scan(&t.name, &kind); err != nil {
			return nil, err
		}
		t.view = kind == "view"
		found = append(found, t)
	}
	return found, rows.Err()
}

// closeRows ends a query. Its error tells nothing that rows.Err has not told.
func closeRows(rows *sql.Rows) { _ = rows.Close() }

func choose(found []table, wanted []string) ([]table, error) {
	if len(wanted) == 0 {
		return found, nil
	}
	byName := map[string]table{}
	for _, t := range found {
		byName[t.name] = t
	}
	chosen := make([]table, 0, len(wanted))
	for _, name := range wanted {
		t, ok := byName[name]
		if !ok {
			return nil, kit.ConfigError("tables: the database has no table or view %q", name)
		}
		chosen = append(chosen, t)
	}
	return chosen, nil
}

// describe reads the columns and finds out whether rows have a rowid.
func (db *database) describe(ctx context.Context, t *table) error {
	if err := db.readColumns(ctx, t); err != nil {
		return err
	}
	if err := db.findUnique(ctx, t); err != nil {
		return err
	}
	var n int
	err := db.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT rowid FROM `+quoteName(t.name)+` LIMIT 0)`).Scan(&n)
	t.rowid = err == nil && !t.view // a view or a table WITHOUT ROWID has none
	return ctx.Err()
}

func (db *database) readColumns(ctx context.Context, t *table) error {
	rows, err := db.QueryContext(ctx, `SELECT name, type, pk FROM pragma_table_info(?)`, t.name)
	if err != nil {
		return err
	}
	defer closeRows(rows)
	for rows.Next() {
		var c column
		if err := rows.Scan(&c.name, &c.declared, &c.key); err != nil {
			return err
		}
		t.columns = append(t.columns, c)
	}
	return rows.Err()
}

// findUnique marks columns that alone make a unique index, or the primary key.
func (db *database) findUnique(ctx context.Context, t *table) error {
	rows, err := db.QueryContext(ctx, `SELECT (SELECT name FROM pragma_index_info(l.name)) FROM pragma_index_list(?) l
		WHERE l."unique" AND NOT l.partial AND (SELECT count(*) FROM pragma_index_info(l.name)) = 1`, t.name)
	if err != nil {
		return err
	}
	defer closeRows(rows)
	unique := map[string]bool{}
	for rows.Next() {
		var name sql.NullString // none for an index on an expression
		if err := rows.Scan(&name); err != nil {
			return err
		}
		unique[name.String] = name.Valid
	}
	soleKey := len(t.primaryKey()) == 1
	for i, c := range t.columns {
		t.columns[i].unique = unique[c.name] || (soleKey && c.key == 1)
	}
	return rows.Err()
}

// quoteName writes a table or column name.
func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
