package main

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"knelt.dev/connectors/internal/kittest"
	"knelt.dev/test/pgtest"
)

var (
	program kittest.Program
	server  *pgtest.Server
)

func TestMain(m *testing.M) {
	os.Exit(pgtest.Main(&server, func() int { return kittest.Main(m, &program) }))
}

// The helpers of all connectors' tests, by shorter names.
var (
	quoted    = kittest.Quoted
	wantEqual = kittest.WantEqual
	stream    = kittest.Stream
	catalog   = kittest.Catalog
	record    = kittest.Record
	records   = kittest.Records
	state     = kittest.State
	global    = kittest.Global
	status    = kittest.Status
	states    = kittest.States
	failure   = kittest.Failure

	generation = kittest.Generation
)

const (
	appending = kittest.Appending
	overwrite = kittest.Overwrite
	dedup     = kittest.Dedup
	byCursor  = kittest.ByCursor
)

var signals = []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM}

// lake is the database of a test.
type lake struct {
	t *testing.T
	*pgtest.Database
}

func newLake(t *testing.T, statements ...string) lake {
	t.Helper()
	return lake{t, server.NewDatabase(t, statements...)}
}

// write runs a write that must end with the code.
func (l lake) write(code int, catalog string, lines ...string) kittest.Result {
	l.t.Helper()
	return l.writeWith(code, l.Config(), catalog, lines...)
}

func (l lake) writeWith(code int, config, catalog string, lines ...string) kittest.Result {
	l.t.Helper()
	r := program.Run(l.t, kittest.Call{Command: "write", Config: config, Catalog: catalog, Stdin: kittest.Input(lines...)})
	if r.Code != code {
		l.t.Fatalf("exit code %d, want %d\n%s\n%s", r.Code, code, r.Stdout, r.Stderr)
	}
	return r
}

func (l lake) start(catalog string, config ...string) *kittest.Process {
	l.t.Helper()
	return program.Begin(l.t, kittest.Call{Command: "write", Config: l.Config(config...), Catalog: catalog})
}

// columns gives the columns of a table but those of ours: name type, ...
func (l lake) columns(table string) string {
	l.t.Helper()
	return l.Query(`SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attname COLLATE "C") FROM pg_attribute
		WHERE attrelid = '` + strings.ReplaceAll(table, "'", "''") + `'::regclass AND attnum > 0 AND NOT attisdropped AND attname NOT LIKE '\_airbyte\_%'`)
}
