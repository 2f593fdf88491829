package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"knelt.dev/connectors/internal/kittest"
)

var program kittest.Program

func TestMain(m *testing.M) { os.Exit(kittest.Main(m, &program)) }

// file is a database of a test, with a connection that writes to it.
type file struct {
	t    *testing.T
	path string
	db   *sql.DB
}

func newFile(t *testing.T, statements ...string) *file {
	t.Helper()
	f := &file{t: t, path: filepath.Join(t.TempDir(), "data.db")}
	var err error
	if f.db, err = sql.Open("sqlite", "file:"+f.path); err != nil {
		t.Fatal(err)
	}
	f.db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = f.db.Close() }) // a test may have closed it
	f.do(statements...)
	return f
}

func (f *file) do(statements ...string) {
	f.t.Helper()
	for _, s := range statements {
		if _, err := f.db.Exec(s); err != nil {
			f.t.Fatalf("%s: %v", s, err)
		}
	}
}

func (f *file) config(more ...string) string {
	return `{"path":` + quoted(f.path) + strings.Join(append([]string{""}, more...), ",") + `}`
}

// The helpers of all connectors' tests, by shorter names.
var (
	quoted    = kittest.Quoted
	wantEqual = kittest.WantEqual
	rows      = kittest.Rows
	valuesOf  = kittest.ValuesOf
	lastState = kittest.LastState
	words     = kittest.Words
	fewChecks = kittest.FewChecks
)

func catalogOf(streams ...string) string { return kittest.CatalogOf("", streams...) }

// read runs a read that must end with the code.
func (f *file) read(code int, catalog, state string, config ...string) kittest.Result {
	f.t.Helper()
	r := program.Run(f.t, kittest.Call{Command: "read", Config: f.config(config...), Catalog: catalog, State: state})
	if r.Code != code {
		f.t.Fatalf("exit code %d, want %d\n%s\n%s", r.Code, code, r.Stdout, r.Stderr)
	}
	return r
}
