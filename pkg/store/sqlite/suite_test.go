package sqlite

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/storetest"
)

// TestMain also runs the helper processes of the tests: this same program, told
// by its environment what to play.
func TestMain(m *testing.M) {
	if role := os.Getenv("SQLITE_TEST_ROLE"); role != "" {
		os.Exit(play(role))
	}
	goleak.VerifyTestMain(m)
}

func TestSuite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Harness {
		path := filepath.Join(t.TempDir(), "home", "store.db")
		return storetest.Harness{
			Open: func(t testing.TB, history int) store.Store { return open(t, path, Options{History: history}) },
			Pass: time.Sleep,
			Expire: func(t testing.TB, connection string) {
				execute(t, path, "UPDATE connections SET expires = 0 WHERE name = ?", connection)
			},
			Dump: func(t testing.TB) string { return dump(t, path) },
		}
	})
}

// TestLeasesByFakeClock lets time pass without waiting, for store and holders
// alike.
func TestLeasesByFakeClock(t *testing.T) {
	storetest.RunLeases(t, func(t *testing.T) storetest.Harness {
		path := filepath.Join(t.TempDir(), "store.db")
		c := &clock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
		return storetest.Harness{
			Open: func(t testing.TB, history int) store.Store {
				return open(t, path, Options{History: history, Now: c.Now})
			},
			Pass:   c.pass,
			Expire: func(testing.TB, string) { c.pass(2 * time.Hour) },
			Dump:   func(t testing.TB) string { return dump(t, path) },
		}
	})
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func open(t testing.TB, path string, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// raw opens the file without the store, as the sqlite3 program would.
func raw(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func execute(t testing.TB, path, query string, args ...any) {
	t.Helper()
	db := raw(t, path)
	if _, err := db.Exec(query, args...); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// dump writes down every row of every table.
func dump(t testing.TB, path string) string {
	t.Helper()
	db := raw(t, path)
	var b strings.Builder
	for _, table := range []string{"connections", "positions", "generations", "syncs", "configs", "plans", "cancels"} {
		dumpTable(t, &b, db, table)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func dumpTable(t testing.TB, b *strings.Builder, db *sql.DB, table string) {
	t.Helper()
	rows, err := db.Query("SELECT * FROM " + table + " ORDER BY 1, 2, 3")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // Err below tells what went wrong
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	values := make([]sql.RawBytes, len(columns))
	into := make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(b, "%s %q\n", table, values)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
