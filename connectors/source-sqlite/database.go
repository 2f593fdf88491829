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
	var found []table
	for rows.Next() {
		var t table
		var kind string
		if err := rows.Scan(&t.name, &kind); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		t.view = kind == "view"
		found = append(found, t)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	if found, err = choose(found, wanted); err != nil {
		return nil, err
	}
	for i := range found {
		if err := db.describe(ctx, &found[i]); err != nil {
			return nil, err
		}
	}
	return found, nil
}

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
	rows, err := db.QueryContext(ctx, `SELECT name, type, pk FROM pragma_table_info(?)`, t.name)
	if err != nil {
		return err
	}
	for rows.Next() {
		var c column
		if err := rows.Scan(&c.name, &c.declared, &c.key); err != nil {
			return errors.Join(err, rows.Close())
		}
		t.columns = append(t.columns, c)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	if err := db.findUnique(ctx, t); err != nil {
		return err
	}
	probe, err := db.QueryContext(ctx, `SELECT rowid FROM `+quoteName(t.name)+` LIMIT 0`)
	if err != nil {
		return nil //nolint:nilerr // no rowid (a view, or WITHOUT ROWID) is a finding, not a failure
	}
	t.rowid = !t.view
	return probe.Close()
}

// findUnique marks columns that alone make a unique index, or the primary key.
func (db *database) findUnique(ctx context.Context, t *table) error {
	rows, err := db.QueryContext(ctx, `SELECT (SELECT name FROM pragma_index_info(l.name)) FROM pragma_index_list(?) l
		WHERE l."unique" AND NOT l.partial AND (SELECT count(*) FROM pragma_index_info(l.name)) = 1`, t.name)
	if err != nil {
		return err
	}
	unique := map[string]bool{}
	for rows.Next() {
		var name sql.NullString // none for an index on an expression
		if err := rows.Scan(&name); err != nil {
			return errors.Join(err, rows.Close())
		}
		unique[name.String] = name.Valid
	}
	soleKey := len(t.primaryKey()) == 1
	for i, c := range t.columns {
		t.columns[i].unique = unique[c.name] || (soleKey && c.key == 1)
	}
	return errors.Join(rows.Err(), rows.Close())
}

// quoteName writes a table or column name.
func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
