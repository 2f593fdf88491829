package main

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"knelt.dev/connectors/internal/kittest"
)

var program kittest.Program

func TestMain(m *testing.M) { os.Exit(kittest.Main(m, &program)) }

// lake is the file of a test.
type lake struct {
	t    *testing.T
	path string
}

func newLake(t *testing.T) *lake {
	t.Helper()
	return &lake{t: t, path: filepath.Join(t.TempDir(), "lake.db")}
}

func (l *lake) config(more ...string) string {
	return `{"path":` + quoted(l.path) + strings.Join(append([]string{""}, more...), ",") + `}`
}

// write runs a write that must end with the code.
func (l *lake) write(code int, catalog string, lines ...string) kittest.Result {
	l.t.Helper()
	return l.writeWith(code, l.config(), catalog, lines...)
}

func (l *lake) writeWith(code int, config, catalog string, lines ...string) kittest.Result {
	l.t.Helper()
	r := program.Run(l.t, kittest.Call{Command: "write", Config: config, Catalog: catalog, Stdin: input(lines...)})
	if r.Code != code {
		l.t.Fatalf("exit code %d, want %d\n%s\n%s", r.Code, code, r.Stdout, r.Stderr)
	}
	return r
}

// open opens the file as another program.
func (l *lake) open() *sql.DB {
	l.t.Helper()
	db, err := sql.Open("sqlite", "file:"+l.path+"?_pragma=busy_timeout(20000)")
	if err != nil {
		l.t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	l.t.Cleanup(func() { _ = db.Close() }) // a test may have closed it
	return db
}

func (l *lake) do(statements ...string) {
	l.t.Helper()
	db := l.open()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			l.t.Fatalf("%s: %v", s, err)
		}
	}
	if err := db.Close(); err != nil {
		l.t.Fatal(err)
	}
}

// query gives the rows as SQLite writes literals: a,b|c,d.
func (l *lake) query(query string, args ...any) string {
	l.t.Helper()
	db := l.open()
	defer db.Close() //nolint:errcheck // nothing was written
	rows, err := db.Query(query, args...)
	if err != nil {
		l.t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	columns, err := rows.Columns()
	if err != nil {
		l.t.Fatal(err)
	}
	var lines []string
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range into {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			l.t.Fatal(err)
		}
		words := make([]string, 0, len(columns))
		for _, v := range values {
			words = append(words, literal(v))
		}
		lines = append(lines, strings.Join(words, ","))
	}
	if err := rows.Err(); err != nil {
		l.t.Fatalf("%s: %v", query, err)
	}
	return strings.Join(lines, "|")
}

func literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		return "'" + v + "'"
	case []byte:
		return fmt.Sprintf("x'%x'", v)
	}
	return fmt.Sprint(v)
}

// want compares what a query gives.
func (l *lake) want(query, want string) {
	l.t.Helper()
	wantEqual(l.t, query, l.query(query), want)
}

// columns gives the columns of a table but the meta columns: name type, ...
func (l *lake) columns(table string) string {
	l.t.Helper()
	return l.query(`SELECT name || ' ' || type FROM pragma_table_info(?) WHERE name NOT IN
		('_airbyte_raw_id', '_airbyte_extracted_at', '_airbyte_generation_id', '_airbyte_meta')`, table)
}

func (l *lake) wantFailure(r kittest.Result, class, phrase string) {
	l.t.Helper()
	kittest.WantFailure(l.t, r, class, phrase)
}
