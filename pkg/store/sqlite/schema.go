package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// applicationID marks the file as Knelt's ("Knlt"), so that a path to somebody
// else's database is refused instead of written to.
const applicationID = 0x4b6e6c74

// migrations make the schema; the n-th brings user_version from n-1 to n. What
// was ever released is never changed, only added to.
var migrations = []string{`
CREATE TABLE connections (
	name      TEXT PRIMARY KEY,
	epoch     INTEGER NOT NULL,             -- of the latest lease
	holder    TEXT NOT NULL,
	expires   INTEGER NOT NULL,             -- Unix time in ms
	ended     INTEGER NOT NULL DEFAULT 0,   -- 0 held, 1 released, 2 handed over
	sync      INTEGER NOT NULL DEFAULT 0,   -- what the holder last began, or saved as running
	last_sync INTEGER NOT NULL DEFAULT 0    -- highest sync id given
) STRICT;
CREATE TABLE positions (
	connection TEXT NOT NULL,
	namespace  TEXT NOT NULL,
	name       TEXT NOT NULL,               -- both '' for GLOBAL and LEGACY
	kind       TEXT NOT NULL,
	state      BLOB NOT NULL,
	PRIMARY KEY (connection, namespace, name)
) STRICT;
CREATE TABLE generations (
	connection TEXT NOT NULL,
	namespace  TEXT NOT NULL,
	name       TEXT NOT NULL,
	generation INTEGER NOT NULL,
	PRIMARY KEY (connection, namespace, name)
) STRICT;
CREATE TABLE syncs (
	connection TEXT NOT NULL,
	id         INTEGER NOT NULL,
	status     TEXT NOT NULL,
	record     BLOB NOT NULL,               -- JSON of store.SyncRecord
	PRIMARY KEY (connection, id)
) STRICT;
CREATE TABLE configs (
	resource TEXT PRIMARY KEY,
	base     TEXT NOT NULL,
	config   BLOB NOT NULL
) STRICT;
`, `
CREATE TABLE memos (
	name    TEXT PRIMARY KEY,
	value   BLOB NOT NULL,
	expires INTEGER NOT NULL                -- Unix time in ms
) STRICT;
`, `
CREATE TABLE plans (
	connection TEXT PRIMARY KEY,
	version    INTEGER NOT NULL,
	next       INTEGER,                     -- Unix time in ms; NULL: never
	plan       BLOB NOT NULL                -- JSON of store.Plan
) STRICT;
CREATE INDEX plans_due ON plans (next, connection) WHERE next IS NOT NULL;
CREATE TABLE cancels (
	connection TEXT PRIMARY KEY,
	sync       INTEGER NOT NULL,
	expires    INTEGER NOT NULL             -- Unix time in ms
) STRICT;
`}

// migrate brings the file to this program's schema, in one transaction: several
// processes may come to a new file at once.
func (s *Store) migrate(ctx context.Context) error {
	if err := s.checkWAL(ctx); err != nil {
		return err
	}
	if v, err := s.version(ctx, s.db); err != nil || v == len(migrations) {
		return err
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := s.upgrade(ctx, tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func (s *Store) upgrade(ctx context.Context, tx *sql.Tx) error {
	version, err := s.version(ctx, tx)
	if err != nil {
		return err
	}
	for _, m := range migrations[version:] {
		if _, err := tx.ExecContext(ctx, m); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d; PRAGMA application_id = %d",
		len(migrations), applicationID))
	return err
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// version gives the schema's version; 0 is an empty file.
func (s *Store) version(ctx context.Context, q querier) (int, error) {
	var version, app, tables int
	err := q.QueryRowContext(ctx, `SELECT user_version, application_id, (SELECT count(*) FROM sqlite_schema)
		FROM pragma_user_version, pragma_application_id`).Scan(&version, &app, &tables)
	switch {
	case err != nil:
		return 0, err
	case app != applicationID && (app != 0 || version != 0 || tables != 0):
		return 0, fmt.Errorf("%s is a SQLite database, but not a store of Knelt: name another file", s.path)
	case version > len(migrations):
		return 0, fmt.Errorf("%s was written by a newer Knelt (schema %d, this program knows up to %d): use the newer program",
			s.path, version, len(migrations))
	}
	return version, nil
}

// checkWAL: without WAL a reader would block the writer, and SQLite falls back
// silently where the file system has no shared memory.
func (s *Store) checkWAL(ctx context.Context) error {
	var mode string
	if err := s.db.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("%s: the file system has no support for SQLite's WAL (a network share?): put the store on a local disk", s.path)
	}
	return nil
}
