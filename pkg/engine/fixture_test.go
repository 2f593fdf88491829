package engine_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/connector/process"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// takenForDead is a holder whose lease anybody may take.
const takenForDead = "taken-for-dead"

// fixture is an engine with its own home, and a connection between the two
// scripts in testdata.
type fixture struct {
	engine *engine.Engine
	set    *connection.Set
	dir    string
	events []engine.Event
	// SourceEnv and DestinationEnv choose what the scripts do.
	sourceEnv, destinationEnv string
	spec                      string // further lines of the connection
	refreshes                 bool
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	dir := t.TempDir()
	st, err := sqlite.Open(t.Context(), filepath.Join(dir, "home", "knelt.db"), sqlite.Options{Alive: func(holder string) bool {
		return holder != takenForDead && store.ProcessAlive(holder)
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Setenv("SHOP_KEY", "top-secret-value")
	return &fixture{dir: dir, engine: &engine.Engine{
		Store: st, Runtime: process.New(process.Config{Root: filepath.Join(dir, "home", "run")}),
		Home: filepath.Join(dir, "home"), Holder: store.ProcessHolder(), ProgressEvery: 10 * time.Millisecond,
	}}
}

func (f *fixture) load(t *testing.T) {
	t.Helper()
	scripts, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	text := `
apiVersion: knelt.dev/v1alpha1
kind: Source
metadata: {name: shop}
spec:
  connector:
    command: ["` + scripts + `/source.sh"]
    env: {NOTES: "` + f.notes("") + `"` + f.sourceEnv + `}
  config: {key: "${env:SHOP_KEY}"}
---
apiVersion: knelt.dev/v1alpha1
kind: Destination
metadata: {name: lake}
spec:
  supportsRefreshes: ` + map[bool]string{true: "true", false: "false"}[f.refreshes] + `
  connector:
    command: ["` + scripts + `/destination.sh"]
    env: {NOTES: "` + f.notes("") + `"` + f.destinationEnv + `}
  config: {}
---
apiVersion: knelt.dev/v1alpha1
kind: Connection
metadata: {name: shop-to-lake}
spec:
  source: shop
  destination: lake
` + f.spec
	path := filepath.Join(f.dir, "knelt.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if f.set, err = connection.Load(path); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) notes(suffix string) string { return filepath.Join(f.dir, "notes"+suffix) }

// note reads what the scripts wrote down; empty if nothing.
func (f *fixture) note(t *testing.T, suffix string) string {
	t.Helper()
	b, err := os.ReadFile(f.notes(suffix))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

func (f *fixture) request(t *testing.T) engine.Request {
	t.Helper()
	f.load(t)
	c, err := f.set.Connection("")
	if err != nil {
		t.Fatal(err)
	}
	s, err := f.set.SourceOf(c)
	if err != nil {
		t.Fatal(err)
	}
	d, err := f.set.DestinationOf(c)
	if err != nil {
		t.Fatal(err)
	}
	return engine.Request{Connection: c, Source: s, Destination: d, Observe: func(e engine.Event) { f.events = append(f.events, e) }}
}

func (f *fixture) sync(t *testing.T, change func(*engine.Request)) engine.Result {
	t.Helper()
	req := f.request(t)
	if change != nil {
		change(&req)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	r, err := f.engine.Sync(ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func want(t *testing.T, r engine.Result, status store.Status) {
	t.Helper()
	if r.Status() != status {
		t.Fatalf("status %s, want %s; reasons %q", r.Status(), status, r.Reasons())
	}
}
