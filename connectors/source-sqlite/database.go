package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"

	_ "modernc.org/sqlite" // the driver
)

// database is one transaction on the SQLite file: all that is read fits
// together.
type database struct {
	pool *sql.DB
	tx   *sql.Tx
}

// open opens the file. It is not made if it is missing, nor written to.
func open(ctx context.Context, c config) (*database, error) {
	if err := checkPath(c.Path); err != nil {
		return nil, err
	}
	dsn := fmt.Sprintf("file:%s?mode=ro&_pragma=busy_timeout(%d)&_pragma=query_only(true)", (&url.URL{Path: c.Path}).EscapedPath(), c.LockTimeoutMS)
	pool, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, classed(ctx, c, fmt.Errorf("opening the database: %w", err))
	}
	db := &database{pool: pool}
	if db.tx, err = pool.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}); err == nil {
		_, err = db.names(ctx, `SELECT count(*) FROM sqlite_schema`) // the snapshot is taken here
	}
	if err != nil {
		err = classed(ctx, c, fmt.Errorf("opening the database %s: %w", c.Path, err))
		return nil, joined(err, db.close())
	}
	return db, nil
}

// close ends the transaction by closing its connection: nothing was written.
func (db *database) close() error {
	if db.tx != nil {
		_ = db.tx.Rollback() // done already where ctx has ended
	}
	return db.pool.Close()
}

// names runs a query for rows of one text; NULL is "".
func (db *database) names(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := db.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer closeRows(rows)
	var found []string
	for rows.Next() {
		var name sql.NullString
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		found = append(found, name.String)
	}
	return found, rows.Err()
}

// closeRows ends a query. Its error tells nothing that rows.Err has not told.
func closeRows(rows *sql.Rows) { _ = rows.Close() }

// joined gives the error of work and that of closing, one if there is one only.
func joined(err, closing error) error {
	if err == nil {
		return closing
	}
	if closing == nil {
		return err
	}
	return fmt.Errorf("%w; %w", err, closing)
}

// quoteName writes a table or column name.
func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
