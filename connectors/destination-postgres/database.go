package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/connectors/internal/postgres"
)

// mostGathered bounds what all tables together hold before it is sent.
const mostGathered = 64 << 20

// setupLock is the advisory lock under which tables are made and changed: "knelt".
// Two writers that make the same table at once would fail otherwise.
const setupLock = `SELECT pg_catalog.pg_advisory_xact_lock(461128264820)`

// settings hold for the connection. A state that was returned must outlive the
// server's crash, so a commit that does not wait for the disk is not good enough.
const settings = `SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'iso_8601'; SET standard_conforming_strings = on;
	SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET lock_timeout = %d; SET client_min_messages = error;
	SELECT pg_catalog.set_config('synchronous_commit', 'on', false) WHERE pg_catalog.current_setting('synchronous_commit') = 'off'`

// database is the one connection.
type database struct {
	ctx      context.Context
	config   config
	conn     *pgconn.PgConn
	version  int // 150000 is 15.0
	set      bool
	tables   []*table
	gathered int
}

// open connects. ctx is for connecting alone: what is begun later is brought to
// its end, since a commit cut short would not say whether it happened.
func open(ctx context.Context, c config) (*database, error) {
	conn, err := postgres.Connect(ctx, c.Config)
	if err != nil {
		return nil, err
	}
	db := &database{ctx: context.WithoutCancel(ctx), config: c, conn: conn}
	if err := db.prepare(); err != nil {
		db.close()
		return nil, postgres.Classed(ctx, "preparing the connection", err)
	}
	return db, nil
}

func (db *database) prepare() error {
	if err := db.exec(fmt.Sprintf(settings, db.config.LockTimeoutMS)); err != nil {
		return err
	}
	found, err := db.texts(`SELECT pg_catalog.current_setting('server_version_num'), pg_catalog.current_setting('server_encoding')`)
	if err != nil {
		return err
	}
	if encoding := found[0][1]; encoding != "UTF8" {
		return kit.ConfigError("database: its encoding is %s, which cannot hold all texts: use one with UTF8", encoding)
	}
	db.version, err = strconv.Atoi(found[0][0])
	return err
}

// close ends the connection, and by that a transaction that is open.
func (db *database) close() {
	ctx, cancel := context.WithTimeout(db.ctx, time.Second)
	defer cancel()
	_ = db.conn.Close(ctx)
}

func (db *database) exec(statements ...string) error {
	return postgres.Exec(db.ctx, db.conn, statements...)
}

func (db *database) texts(query string, args ...string) ([][]string, error) {
	return postgres.Texts(db.ctx, db.conn, query, args...)
}

// Classed gives an error its class. What it wraps says what was being done.
func (db *database) Classed(err error) error {
	if err == nil {
		return nil
	}
	doing, _, _ := strings.Cut(err.Error(), ": ")
	return postgres.Classed(db.ctx, doing, err)
}

// Begin starts a transaction. The first one makes the tables.
func (db *database) Begin() error {
	if db.set {
		return db.exec(`BEGIN`)
	}
	db.set = true
	return db.exec(`BEGIN`, setupLock)
}

// Commit puts rows that are staged in their places and makes all durable. The
// tables' order is the same for all writers, and so is that of the keys in each:
// none waits for another one that waits for it.
func (db *database) Commit() error {
	staged := slices.DeleteFunc(slices.Clone(db.tables), func(t *table) bool { return t.staged == 0 })
	slices.SortFunc(staged, func(a, b *table) int { return cmp.Compare(a.quoted(a.Table.Target), b.quoted(b.Table.Target)) })
	for _, t := range staged {
		if err := t.merge(); err != nil {
			return fmt.Errorf("putting rows into the table %q: %w", t.Name, err)
		}
	}
	results, err := db.conn.Exec(db.ctx, `COMMIT`).ReadAll()
	if err != nil {
		return err
	}
	if tag := results[0].CommandTag.String(); tag != "COMMIT" {
		return kit.SystemError("the server rolled the transaction back")
	}
	return nil
}

// copyIn sends rows in the form of COPY.
func (db *database) copyIn(into string, columns []string, rows []byte) error {
	_, err := db.conn.CopyFrom(db.ctx, bytes.NewReader(rows), `COPY `+into+` (`+strings.Join(columns, ", ")+`) FROM STDIN`)
	return err
}
