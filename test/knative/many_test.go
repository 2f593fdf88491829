package knative

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"knelt.dev/events"
)

// TestTenSyncsAtOnce each have a function's pod and two connectors to
// themselves.
func TestTenSyncsAtOnce(t *testing.T) {
	const users = 300
	began := time.Now()
	var all []*moving
	for range 10 {
		s := newSync(t, faker{Users: users}, "")
		post(t, s.request())
		all = append(all, s)
	}
	for _, s := range all {
		s.succeeded(heard.result(t, s.run(), 4*time.Minute), 3*users+100)
		s.exact(users)
	}
	t.Logf("ten syncs from nothing took %s", time.Since(began).Round(100*time.Millisecond))
	for _, s := range all {
		s.nothingLeft(30 * time.Second)
	}
}

// TestASyncOutlivesARestartOfTheStore: Redis is killed in the middle of it, and
// comes back with what it had promised to keep.
func TestASyncOutlivesARestartOfTheStore(t *testing.T) {
	const users = 1500
	s := newSync(t, faker{Users: users, Rate: 3 * users / 20.0}, "")
	post(t, s.request())
	s.running()
	kill(t, "redis-server", pods(t, system, "app.kubernetes.io/name=knelt-redis"))
	s.finishes(users, 2*time.Minute)
}

// TestRowsMoveBetweenDatabases across pods, by a pair of connectors of ours.
func TestRowsMoveBetweenDatabases(t *testing.T) {
	const rows = 20_000
	schema := strings.ReplaceAll(nameOf(t), "-", "_")
	s := newSyncOf(t, recipe{image: "source-postgres", config: sourceConfig(schema), spec: `streams:
- {name: orders, namespace: ` + schema + `, syncMode: incremental, cursorField: [changed], destinationSyncMode: append_dedup, primaryKey: [[id]]}
namespaceFormat: destination`})
	execute(t, fmt.Sprintf(`CREATE SCHEMA %[1]s; CREATE TABLE %[1]s.orders (id int PRIMARY KEY, changed timestamptz NOT NULL, note text, price numeric(10,2));
		INSERT INTO %[1]s.orders SELECT i, now() - interval '1 day' + i * interval '1 ms', repeat('é', i %% 50), i / 7.0 FROM generate_series(1, %[2]d) i`, schema, rows))
	post(t, s.request())
	s.succeeded(heard.result(t, s.run(), 2*time.Minute), rows)
	s.same(schema)

	execute(t, fmt.Sprintf(`UPDATE %[1]s.orders SET note = 'changed', changed = now() WHERE id %% 100 = 0`, schema))
	s.due = s.due.Add(time.Minute)
	post(t, s.request())
	r := heard.result(t, s.run(), 2*time.Minute)
	// The row at the cursor comes once more.
	if r.Outcome != events.Succeeded || r.Total.Relayed < rows/100 || r.Total.Relayed > rows/100+1 {
		t.Errorf("the second sync ended %s %q and moved %d rows", r.Outcome, r.Reasons, r.Total.Relayed)
	}
	s.same(schema)
}

// same checks that both tables of orders hold the same.
func (s *moving) same(schema string) {
	s.t.Helper()
	const sum = `SELECT coalesce(sum(hashtext(id || '|' || changed || '|' || note || '|' || price)), 0) FROM %s.orders`
	a, b := query(s.t, fmt.Sprintf(sum, schema)), query(s.t, fmt.Sprintf(sum, s.schema()))
	if a != b || a == 0 {
		s.t.Errorf("the tables differ: %d, %d", a, b)
	}
}
