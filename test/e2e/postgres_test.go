package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"knelt.dev/test/pgtest"
)

// TestPostgresStories are stories of two databases, shop and lake, of one server.
// Commands beside those of Params:
//
//	sql DATABASE STATEMENT          runs it
//	gives WANT DATABASE QUERY       compares what a query gives: a,b|c,d
//	same QUERY                      the query gives the same in both
func TestPostgresStories(t *testing.T) {
	stories, err := filepath.Glob("stories/postgres/*.txtar")
	if err != nil || len(stories) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	server := pgtest.Start(t)
	for _, story := range stories {
		both := map[string]*pgtest.Database{"shop": server.NewDatabase(t), "lake": server.NewDatabase(t)}
		params := Params(bin, "")
		params.Files = []string{story}
		setup := params.Setup
		params.Setup = func(env *testscript.Env) error {
			env.Setenv("PORT", strconv.Itoa(server.Port))
			env.Setenv("PG_PASSWORD", pgtest.Password)
			env.Setenv("SHOP", both["shop"].Name)
			env.Setenv("LAKE", both["lake"].Name)
			return setup(env)
		}
		params.Cmds["sql"] = func(ts *testscript.TestScript, neg bool, args []string) {
			usage(ts, neg || len(args) != 2, "sql DATABASE STATEMENT")
			both[args[0]].Do(args[1])
		}
		params.Cmds["gives"] = func(ts *testscript.TestScript, neg bool, args []string) {
			usage(ts, neg || len(args) != 3, "gives WANT DATABASE QUERY")
			if got := both[args[1]].Query(args[2]); got != args[0] {
				ts.Fatalf("got %s", got)
			}
		}
		params.Cmds["same"] = func(ts *testscript.TestScript, neg bool, args []string) {
			usage(ts, neg || len(args) != 1, "same QUERY")
			if shop, lake := both["shop"].Query(args[0]), both["lake"].Query(args[0]); shop != lake || shop == "" {
				ts.Fatalf("shop: %s\nlake: %s", shop, lake)
			}
		}
		testscript.Run(t, params)
	}
}

// pair is a sync from one database into another.
type pair struct {
	t          *testing.T
	dir        string
	shop, lake *pgtest.Database
}

func newPair(t *testing.T, server *pgtest.Server, stream string) pair {
	t.Helper()
	p := pair{t: t, dir: t.TempDir(), shop: server.NewDatabase(t), lake: server.NewDatabase(t)}
	if err := os.Symlink(bin, filepath.Join(p.dir, "bin")); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`apiVersion: knelt.dev/v1alpha1
kind: Source
metadata: {name: shop}
spec:
  connector: {command: [./bin/source-postgres]}
  config: %s
---
apiVersion: knelt.dev/v1alpha1
kind: Destination
metadata: {name: lake}
spec:
  connector: {command: [./bin/destination-postgres]}
  supportsRefreshes: true
  config: %s
---
apiVersion: knelt.dev/v1alpha1
kind: Connection
metadata: {name: both}
spec:
  source: shop
  destination: lake
  streams: [%s]
`, p.shop.Config(`"records_per_state":500`), p.lake.Config(`"commit_rows":500`, `"commit_ms":20`), stream)
	if err := os.WriteFile(filepath.Join(p.dir, "sync.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p pair) start() *Program {
	return Start(p.t, p.dir, filepath.Join(bin, "knelt"), "sync", "-f", "sync.yaml")
}

// Whatever is killed and whenever, the sync that comes to its end leaves in the
// lake what is in the shop, each row once.
func TestKilledSyncsBetweenDatabasesEndWithTheSameRows(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	server := pgtest.Start(t)
	for mode, stream := range map[string]string{
		"incremental":  `{name: users, namespace: public, syncMode: incremental, destinationSyncMode: append_dedup, primaryKey: [[id]], cursorField: [at]}`,
		"full refresh": `{name: users, namespace: public, syncMode: full_refresh, destinationSyncMode: overwrite_dedup, primaryKey: [[id]]}`,
	} {
		p := newPair(t, server, stream)
		p.shop.Do(`CREATE TABLE users (id bigint PRIMARY KEY, at timestamptz NOT NULL, name text, amount numeric)`,
			`INSERT INTO users SELECT i, '2024-01-01Z'::timestamptz + (i / 7) * interval '1 s', repeat('é', i % 100), i / 7.0 FROM generate_series(1, 30000) i`)
		for kill := range 8 {
			sync := p.start()
			time.Sleep(time.Duration(random.IntN(900)) * time.Millisecond)
			switch kill % 4 {
			case 0:
				sync.Signal(syscall.SIGKILL)
			case 1:
				sync.Signal(syscall.SIGTERM)
			case 2:
				p.shop.Cut()
			case 3:
				p.lake.Cut()
			}
			sync.Exit()
			p.shop.Do(fmt.Sprintf(`UPDATE users SET at = (SELECT max(at) FROM users), name = 'changed %d' WHERE id %% 1000 = %d`, kill, kill),
				fmt.Sprintf(`INSERT INTO users VALUES (%d, (SELECT max(at) FROM users), 'new', 0.1)`, 100_000+kill))
		}
		p.finish(mode)
		if mode == "full refresh" { // it goes on where it was killed: what was changed behind that is for the next refresh
			p.same(mode+", rows that nobody changed", `id % 1000 >= 8 AND id < 100000`)
			p.finish(mode)
		}
		if rows := p.same(mode, `true`); !strings.HasPrefix(rows, "30008,30008,") {
			t.Errorf("%s: %s are not all rows", mode, rows)
		}
	}
}

// finish runs the sync until it ends well: the lease of a killed engine has to end
// first.
func (p pair) finish(mode string) {
	p.t.Helper()
	for range 3 {
		sync := p.start()
		if sync.Exit() == 0 {
			return
		}
		p.t.Logf("%s: %s", mode, sync.Output())
		time.Sleep(time.Second)
	}
	p.t.Errorf("%s: not one of three runs ended well", mode)
}

// same compares the users of shop and lake for which a condition holds, and tells
// how many rows, how many ids and what digest the lake has.
func (p pair) same(what, condition string) string {
	p.t.Helper()
	rows := `SELECT count(*), count(DISTINCT id), md5(string_agg(concat_ws(',', id, at, name, amount), '|' ORDER BY id)) FROM users WHERE ` + condition
	shop, lake := p.shop.Query(rows), p.lake.Query(rows)
	if shop != lake {
		p.t.Errorf("%s: the shop has %s, the lake %s", what, shop, lake)
	}
	return lake
}
