package pgtest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

var databases atomic.Int64

// Database is a fresh database of a server, with a connection of the superuser.
type Database struct {
	t      testing.TB
	server *Server
	Name   string
	conn   *pgx.Conn
}

// NewDatabase makes one; it is dropped when the test ends.
func (s *Server) NewDatabase(t testing.TB, statements ...string) *Database {
	t.Helper()
	name := fmt.Sprintf("test %d", databases.Add(1))
	s.do(t, `CREATE DATABASE "`+name+`"`)
	d := &Database{t: t, server: s, Name: name}
	t.Cleanup(d.drop)
	d.Do(statements...)
	return d
}

func (s *Server) do(t testing.TB, statement string) {
	t.Helper()
	conn, err := s.connect("postgres")
	if err == nil {
		_, err = conn.Exec(context.Background(), statement)
		_ = conn.Close(context.Background())
	}
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func (d *Database) drop() {
	if d.conn != nil {
		_ = d.conn.Close(context.Background())
	}
	conn, err := d.server.connect("postgres")
	if err != nil {
		return // the test ended the server: the folder goes with it
	}
	_, err = conn.Exec(context.Background(), `DROP DATABASE IF EXISTS "`+d.Name+`" WITH (FORCE)`)
	_ = conn.Close(context.Background())
	if err != nil {
		d.t.Error(err)
	}
}

// Conn is the connection of the test itself; it is made anew if it was cut.
func (d *Database) Conn() *pgx.Conn {
	d.t.Helper()
	if d.conn == nil || d.conn.IsClosed() {
		var err error
		if d.conn, err = d.server.connect(d.Name); err != nil {
			d.t.Fatal(err)
		}
	}
	return d.conn
}

// Do runs statements.
func (d *Database) Do(statements ...string) {
	d.t.Helper()
	for _, s := range statements {
		if _, err := d.Conn().Exec(context.Background(), s); err != nil {
			d.t.Fatalf("%s: %v", s, err)
		}
	}
}

// Query gives rows as texts: a,b|c,d with NULL for null.
func (d *Database) Query(query string) string {
	d.t.Helper()
	result := d.Conn().PgConn().ExecParams(context.Background(), query, nil, nil, nil, nil).Read()
	if result.Err != nil {
		d.t.Fatalf("%s: %v", query, result.Err)
	}
	rows := make([]string, 0, len(result.Rows))
	for _, values := range result.Rows {
		row := make([]string, 0, len(values))
		for _, v := range values {
			if v == nil {
				v = []byte("NULL")
			}
			row = append(row, string(v))
		}
		rows = append(rows, strings.Join(row, ","))
	}
	return strings.Join(rows, "|")
}

// Want compares what a query gives.
func (d *Database) Want(query, want string) {
	d.t.Helper()
	if got := d.Query(query); got != want {
		d.t.Errorf("%s:\n got %s\nwant %s", query, got, want)
	}
}

// WaitFor waits until a query gives what is wanted.
func (d *Database) WaitFor(query, want string) {
	d.t.Helper()
	for deadline := time.Now().Add(patience); d.Query(query) != want; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			d.t.Fatalf("%s did not become %s in %s, it is %s", query, want, patience, d.Query(query))
		}
	}
}

// Config is a connector's config for the database, with more members as they
// are written in JSON. A member given again replaces the one before it.
func (d *Database) Config(more ...string) string {
	d.t.Helper()
	base, err := json.Marshal(map[string]any{
		"host": "127.0.0.1", "port": d.server.Port, "database": d.Name, "username": User, "password": Password,
		"ssl_mode": map[string]string{"mode": "disable"},
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return strings.TrimSuffix(string(base), "}") + strings.Join(append([]string{""}, more...), ",") + "}"
}

// Cut ends the connections of other programs to the database, as an
// administrator does, and tells how many there were.
func (d *Database) Cut() string {
	d.t.Helper()
	return d.Query(`SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`)
}
