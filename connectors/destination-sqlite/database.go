package main

import (
	"context"
	"database/sql"
	"net/url"
	"strings"

	_ "modernc.org/sqlite" // the driver

	"knelt.dev/connectors/internal/kit"
)

// database is the SQLite file, with the one connection that writes.
type database struct {
	*sql.DB
}

// open opens or makes the file. busy_timeout comes first, so that the switch to
// WAL waits for other programs too.
func open(ctx context.Context, path string) (*database, error) {
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_pragma=busy_timeout(30000)&_pragma=journal_mode(wal)&_pragma=synchronous(full)&_txlock=immediate"
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, kit.ConfigError("opening the database: %w", err)
	}
	db.SetMaxOpenConns(1)
	if err := db.PingContext(ctx); err != nil {
		return nil, kit.ConfigError("opening the database %s: %w", path, err)
	}
	return &database{db}, nil
}

// probe proves that tables can be written.
func (db *database) probe(ctx context.Context) error {
	for _, statement := range []string{
		`CREATE TABLE IF NOT EXISTS "_airbyte_check" (n INTEGER)`,
		`INSERT INTO "_airbyte_check" VALUES (1)`,
		`DROP TABLE "_airbyte_check"`,
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return kit.ConfigError("writing to the database: %w", err)
		}
	}
	return nil
}

// execer is a transaction or the database.
type execer interface {
	Exec(query string, args ...any) (sql.Result, error)
	Query(query string, args ...any) (*sql.Rows, error)
}

// columnsOf lists the columns a table has; none if there is no such table.
func columnsOf(db execer, table string) (map[string]bool, error) {
	rows, err := db.Query(`SELECT name FROM pragma_table_info(?)`, table)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what Close would
	columns := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		columns[strings.ToLower(name)] = true
	}
	return columns, rows.Err()
}

// quoteName writes a table or column name.
func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
