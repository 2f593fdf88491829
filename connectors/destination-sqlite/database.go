package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"

	_ "modernc.org/sqlite" // the driver

	"knelt.dev/connectors/internal/load"
)

// database is the one connection to the SQLite file.
type database struct {
	ctx    context.Context
	config config
	pool   *sql.DB
	conn   *sql.Conn
}

// Begin starts a transaction, as a writer from its start: one that reads first
// cannot wait for another program to end its own.
func (db *database) Begin() error { return db.exec(`BEGIN IMMEDIATE`) }

// Commit makes durable what was written.
func (db *database) Commit() error { return db.exec(`COMMIT`) }

// Classed gives an error its class.
func (db *database) Classed(err error) error { return classed(db.config, err) }

// open opens the file, or makes it. ctx is for opening alone: what is begun
// later is brought to its end, since a commit cut short would not say whether
// it happened.
func open(ctx context.Context, c config, pragmas ...string) (*database, error) {
	if err := checkPath(c.Path); err != nil {
		return nil, err
	}
	// busy_timeout comes first, so that the switch to WAL waits for other
	// programs too.
	parameters := fmt.Sprintf("?_pragma=busy_timeout(%d)", c.LockTimeoutMS)
	for _, p := range pragmas {
		parameters += "&_pragma=" + p
	}
	pool, err := sql.Open("sqlite", "file:"+(&url.URL{Path: c.Path}).EscapedPath()+parameters)
	if err != nil {
		return nil, classed(c, fmt.Errorf("opening the database: %w", err))
	}
	db := &database{ctx: context.WithoutCancel(ctx), config: c, pool: pool}
	if db.conn, err = pool.Conn(ctx); err == nil {
		// The header is read here: the pragmas may not have looked at it.
		_, err = db.conn.ExecContext(ctx, `SELECT count(*) FROM sqlite_schema`)
	}
	if err != nil {
		err = classed(c, fmt.Errorf("opening the database %s: %w", c.Path, err))
		return nil, load.Joined(err, db.close())
	}
	return db, nil
}

// openToWrite opens the file as the write command needs it. With
// legacy_alter_table a table can be swapped under the views that read it.
func openToWrite(ctx context.Context, c config) (*database, error) {
	return open(ctx, c, "journal_mode(wal)", "synchronous(full)", "legacy_alter_table(on)",
		"cache_size(-16000)") // KB: an index of random keys is read all over
}

// close ends the connection, and by that a transaction that is open.
func (db *database) close() error {
	var err error
	if db.conn != nil {
		err = db.conn.Close()
	}
	return load.Joined(err, db.pool.Close())
}

func (db *database) exec(statement string, args ...any) error {
	_, err := db.conn.ExecContext(db.ctx, statement, args...)
	return err
}

// texts runs a query for rows of n texts; NULL is "".
func (db *database) texts(n int, query string, args ...any) ([][]string, error) {
	rows, err := db.conn.QueryContext(db.ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what Close would
	var found [][]string
	for rows.Next() {
		row, into := make([]sql.NullString, n), make([]any, n)
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		texts := make([]string, n)
		for i := range row {
			texts[i] = row[i].String
		}
		found = append(found, texts)
	}
	return found, rows.Err()
}

// quoteName writes a table or column name.
func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
