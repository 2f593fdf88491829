package server_test

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"knelt.dev/events"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/api/server"
	"knelt.dev/pkg/api/token"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/host"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/sqlite"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

const documents = `
apiVersion: knelt.dev/v1alpha1
kind: Source
metadata: {name: db, namespace: shop}
spec:
  connector: {command: ["./source", "--password", "in-argv"]}
  config: {host: "db.internal", port: 5432, password: "${secret:db/password}", deep: [{key: "in-the-clear"}], ssl: true}
---
apiVersion: knelt.dev/v1alpha1
kind: Destination
metadata: {name: lake, namespace: shop}
spec: {connector: {image: "lake:1"}, config: {}}
---
apiVersion: knelt.dev/v1alpha1
kind: Connection
metadata: {name: orders, namespace: shop}
spec: {source: db, destination: lake, streams: [{name: users, namespace: public, syncMode: incremental}]}
---
apiVersion: knelt.dev/v1alpha1
kind: Connection
metadata: {name: broken, namespace: shop}
spec: {source: gone, destination: lake}
---
apiVersion: knelt.dev/v1alpha1
kind: Connection
metadata: {name: local}
spec: {source: db, destination: lake}
`

// world is a server over a real store, and all that it depends on.
type world struct {
	store   *sqlite.Store
	set     *connection.Set
	plans   plans
	url     string
	addr    string
	secrets map[api.Scope]string
	home    string

	mu     sync.Mutex
	wanted []api.SyncWish
	paused map[string]bool
	asked  []events.Question
	// failure of the next question to a connector.
	failure error
	server  *server.Server
	drain   context.CancelFunc
}

func newWorld(t *testing.T, change func(*server.Config)) *world {
	t.Helper()
	w := &world{home: t.TempDir(), paused: map[string]bool{}, secrets: map[api.Scope]string{}}
	var err error
	if w.set, err = connection.Read("documents.yaml", []byte(documents)); err != nil {
		t.Fatal(err)
	}
	if w.store, err = sqlite.Open(t.Context(), filepath.Join(w.home, "state.db"), sqlite.Options{Alive: store.ProcessAlive}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.store.Close(); err != nil {
			t.Error(err)
		}
	})
	w.serve(t, change)
	return w
}

func (w *world) serve(t testing.TB, change func(*server.Config)) {
	t.Helper()
	var set token.Set
	for _, scope := range api.Scopes {
		secret, made, err := token.New(string(scope), scope, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		w.secrets[scope] = secret
		set = append(set, made)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.addr = l.Addr().String()
	w.url = "http://" + w.addr
	cfg := server.Config{
		Store: w.store, Documents: w, Plans: &w.plans, Scheduler: w, Cancels: w.store, Logs: server.LogFolder(w.logs()), Asker: w,
		Tokens: tokens(set), Holder: store.ProcessHolder(), Version: "v0.0.0-test",
	}
	if change != nil {
		change(&cfg)
	}
	if cfg.Local != nil {
		cfg.Local = []string{w.addr}
	}
	if w.server, err = server.New(cfg); err != nil {
		t.Fatal(err)
	}
	settings := host.Default()
	settings.Log = slog.New(slog.DiscardHandler)
	h, err := host.New(settings, w.server.Function())
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(context.Background())
	w.drain = end
	ended := make(chan error, 1)
	go func() { ended <- h.ServeOn(ctx, l) }()
	t.Cleanup(func() {
		end()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		w.server.Wait()
	})
}

type tokens token.Set

func (s tokens) Find(secret string, now time.Time) (token.Token, bool, error) {
	t, ok := token.Set(s).Find(secret, now)
	return t, ok, nil
}

func (w *world) logs() string { return filepath.Join(w.home, "logs") }
