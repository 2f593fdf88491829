package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"knelt.dev/connectors/internal/postgres"
	"knelt.dev/pkg/airbyte"
)

// session is one transaction on the database: all that is read fits together.
type session struct {
	conn   *pgconn.PgConn
	config config
}

// settings hold for the transaction alone, so that a pooler may stand between.
// They fix the form of texts that values.go and a state rely on, and take away
// limits that are meant for short transactions, as pg_dump does.
const settings = `SET LOCAL DateStyle = 'ISO, MDY'; SET LOCAL TimeZone = 'UTC'; SET LOCAL IntervalStyle = 'iso_8601';
	SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 3; SET LOCAL xmloption = 'content';
	SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = %d`

// open connects and begins.
func open(ctx context.Context, c config) (*session, error) {
	conn, err := postgres.Connect(ctx, c.Config)
	if err != nil {
		return nil, err
	}
	s := &session{conn: conn, config: c}
	err = postgres.Exec(ctx, conn, `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`, fmt.Sprintf(settings, c.LockTimeoutMS))
	if err != nil {
		s.close()
		return nil, postgres.Classed(ctx, "beginning to read", err)
	}
	return s, nil
}

// lock holds the tables of a catalog as they are, before the moment is fixed that
// the transaction sees: a table that is emptied by TRUNCATE or made anew after it
// would look empty. A table that cannot be locked fails its own stream when that
// is read; materialized views cannot be locked and need not be.
func (s *session) lock(ctx context.Context, catalog *airbyte.ConfiguredCatalog) error {
	for _, stream := range catalog.Streams {
		t := table{Descriptor: stream.Stream.Descriptor()}
		err := postgres.Exec(ctx, s.conn, `SAVEPOINT lock`, `LOCK TABLE `+t.from()+` IN ACCESS SHARE MODE`)
		var refused *pgconn.PgError
		if err != nil && (!errors.As(err, &refused) || s.conn.IsClosed()) {
			return postgres.Classed(ctx, "locking the tables", err)
		}
		if err := postgres.Exec(ctx, s.conn, map[bool]string{true: `RELEASE lock`, false: `ROLLBACK TO lock`}[err == nil]); err != nil {
			return postgres.Classed(ctx, "locking the tables", err)
		}
	}
	return nil
}

// close ends the connection and by that the transaction, in which nothing was
// written. What the server still has to send is not waited for.
func (s *session) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = s.conn.Close(ctx)
}
