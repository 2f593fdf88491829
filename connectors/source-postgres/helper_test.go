package main

import (
	"os"
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
	rows      = kittest.Rows
	valuesOf  = kittest.ValuesOf
	lastState = kittest.LastState
	words     = kittest.Words
)

func catalogOf(streams ...string) string { return kittest.CatalogOf("public", streams...) }

// shop is a database of a test.
type shop struct {
	t *testing.T
	*pgtest.Database
}

func newShop(t *testing.T, statements ...string) shop {
	t.Helper()
	return shop{t, server.NewDatabase(t, statements...)}
}

// read runs a read that must end with the code.
func (s shop) read(code int, catalog, state string, config ...string) kittest.Result {
	s.t.Helper()
	return s.run(code, kittest.Call{Command: "read", Config: s.Config(config...), Catalog: catalog, State: state})
}

func (s shop) discover(code int, config ...string) kittest.Result {
	s.t.Helper()
	return s.run(code, kittest.Call{Command: "discover", Config: s.Config(config...)})
}

func (s shop) run(code int, call kittest.Call) kittest.Result {
	s.t.Helper()
	r := program.Run(s.t, call)
	if r.Code != code {
		s.t.Fatalf("exit code %d, want %d\n%s\n%s", r.Code, code, r.Stdout, r.Stderr)
	}
	return r
}
