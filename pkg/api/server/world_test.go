package server_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"knelt.dev/events"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/api/apitest"
	"knelt.dev/pkg/api/server"
	"knelt.dev/pkg/api/token"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/host"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/sqlite"
	"knelt.dev/pkg/synclog"
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

// plans is what a scheduler would remember.
type plans struct {
	mu  sync.Mutex
	all []server.Plan
}

func (p *plans) Plans(_ context.Context, after string, limit int) ([]server.Plan, string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var page []server.Plan
	for _, plan := range p.all {
		if plan.Connection > after && len(page) == limit {
			return page, page[limit-1].Connection, nil
		}
		if plan.Connection > after {
			page = append(page, plan)
		}
	}
	return page, "", nil
}

func (p *plans) Plan(_ context.Context, name string) (server.Plan, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, plan := range p.all {
		if plan.Connection == name {
			return plan, nil
		}
	}
	return server.Plan{}, nil
}

func (p *plans) set(plan server.Plan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.all {
		if p.all[i].Connection == plan.Connection {
			p.all[i] = plan
			return
		}
	}
	p.all = append(p.all, plan)
}

func (w *world) Connections(context.Context) ([]server.Document, error) {
	var all []server.Document
	for _, c := range w.set.Connections {
		d := server.Document{Connection: c, Schedule: "manual"}
		if _, err := w.set.SourceOf(c); err != nil {
			d.Problem = `no Source "gone"`
		}
		all = append(all, d)
	}
	return all, nil
}

func (w *world) Connection(ctx context.Context, ref events.Ref) (server.Document, error) {
	all, err := w.Connections(ctx)
	for _, d := range all {
		if d.Metadata.Key() == ref.String() {
			return d, err
		}
	}
	return server.Document{}, fmt.Errorf("connection %s: %w", ref, store.ErrNotFound)
}

func (w *world) Sources(context.Context) ([]*connection.Source, error) {
	return []*connection.Source{w.set.Sources["db"]}, nil
}

func (w *world) Destinations(context.Context) ([]*connection.Destination, error) {
	return []*connection.Destination{w.set.Destinations["lake"]}, nil
}

func (w *world) Wanted(_ context.Context, ref events.Ref, wish api.SyncWish) (events.Run, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wanted = append(w.wanted, wish)
	return events.Run{Connection: ref, Due: time.Date(2026, 3, 1, 2, 0, 0, len(w.wanted)*1e6, time.UTC), Attempt: 1, Kind: events.Kind(wish.Kind)}, nil
}

func (w *world) Pause(_ context.Context, ref events.Ref, paused bool) error {
	w.plans.set(server.Plan{Connection: ref.String(), Paused: paused, By: map[bool]api.PausedBy{true: api.PausedByAPI}[paused]})
	return nil
}

func (w *world) question(q events.Question) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, q)
	return w.failure
}

func (w *world) Check(_ context.Context, q events.Question) (*airbyte.ConnectionStatusResult, error) {
	return &airbyte.ConnectionStatusResult{Status: "FAILED", Message: "no route to host"}, w.question(q)
}

func (w *world) Discover(_ context.Context, q events.Question) (airbyte.StreamCatalog, error) {
	return airbyte.StreamCatalog{Streams: []airbyte.Stream{{Name: "users", JSONSchema: json.RawMessage(`{}`)}}}, w.question(q)
}

func (w *world) Spec(_ context.Context, q events.Question) (*airbyte.ConnectorSpecification, error) {
	return &airbyte.ConnectorSpecification{ConnectionSpecification: json.RawMessage(`{"type":"object"}`)}, w.question(q)
}

// answer of the server.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// do asks with a token of a scope, or without one.
func (w *world) do(t testing.TB, scope api.Scope, method, path, body string, header ...string) answer {
	t.Helper()
	r := w.request(t, scope, method, path, body, header...)
	a, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{a.StatusCode, a.Header, text}
}

var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}

func (w *world) request(t testing.TB, scope api.Scope, method, path, body string, header ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, w.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if scope != api.None {
		r.Header.Set("Authorization", "Bearer "+w.secrets[scope])
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

// get gives an answer that has to be there, held against the document.
func get[T any](t testing.TB, w *world, id api.OperationID, path string) T {
	t.Helper()
	a := w.do(t, api.Read, http.MethodGet, api.Base+path, "")
	if a.status != http.StatusOK {
		t.Fatalf("GET %s: %d %s", path, a.status, a.body)
	}
	apitest.Answer(t, api.Of(id), a.body)
	var v T
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// fails wants a problem document.
func fails(t testing.TB, a answer, status int, holds string) {
	t.Helper()
	if a.status != status || !strings.Contains(string(a.body), holds) {
		t.Errorf("%d %s, want %d with %q", a.status, a.body, status, holds)
	}
	if !strings.HasPrefix(a.header.Get("Content-Type"), "application/problem+json") {
		t.Errorf("an error is %q: %s", a.header.Get("Content-Type"), a.body)
		return
	}
	apitest.Problem(t, a.body)
}

// lease takes a connection's lease in the name of a living process.
func (w *world) lease(t *testing.T, name string) store.Lease {
	t.Helper()
	l, err := w.store.Acquire(t.Context(), name, store.ProcessHolder(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

const ledgerText = `{"outcome":"running","streams":[{"stream":{"namespace":"public","name":"users"},"relayed":10,"bytes":100,"sourceCovered":0,"destinationSaid":7,"destinationCovered":0,"statesSent":1,"statesReturned":1,"complete":false,"status":"RUNNING","estimate":40}],"total":{"relayed":10,"bytes":100,"sourceCovered":0,"destinationCovered":0,"statesSent":1,"statesReturned":1},"source":{"lines":11,"logLines":0,"bytes":120},"destination":{"lines":1,"logLines":0,"bytes":20},"elapsedNanoseconds":1000}`

// begin writes a sync that runs.
func begin(t *testing.T, l store.Lease, definition string) store.SyncRecord {
	t.Helper()
	now := time.Now()
	r, err := l.Begin(t.Context(), store.Begin{
		Sync: store.SyncRecord{
			Status: store.Running, Started: now, Definition: json.RawMessage(definition),
			Attempts: []store.Attempt{{Number: 1, Epoch: l.Epoch(), Request: "shop/orders/sync/2026-03-01T02:00:00Z/1", Status: store.Running, Started: now, Ledger: json.RawMessage(ledgerText)}},
		},
		Generations: map[airbyte.Descriptor]int64{{Namespace: "public", Name: "users"}: 3},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// end writes how a sync has ended.
func end(t *testing.T, l store.Lease, r store.SyncRecord, status store.Status, reasons ...string) store.SyncRecord {
	t.Helper()
	r.Status, r.Ended = status, time.Now()
	a := &r.Attempts[len(r.Attempts)-1]
	a.Status, a.Ended, a.Reasons = status, time.Now(), reasons
	if err := l.SaveSync(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return r
}

// writeLog writes so many lines: every tenth is a warning.
func (w *world) writeLog(t *testing.T, name server.LogName, n int) *synclog.Log {
	t.Helper()
	log, err := synclog.Open(synclog.Dir(w.logs(), name.Connection, name.Sync, name.Attempt), synclog.Options{FlushEvery: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		level := synclog.Info
		if i%10 == 0 {
			level = synclog.Warn
		}
		log.Write(synclog.Entry{Level: level, Origin: synclog.Source, Output: synclog.Stdout, Message: fmt.Sprintf("Line %d of the source", i)})
	}
	return log
}

// sse is one event of a stream.
type sse struct{ name, id, data string }

// follow opens a stream and gives its events; the channel is closed at its end.
func (w *world) follow(t *testing.T, id api.OperationID, path string, header ...string) <-chan sse {
	t.Helper()
	r := w.request(t, api.Read, http.MethodGet, api.Base+path, "", header...)
	a, err := client.Do(r) //nolint:bodyclose // it is closed by whoever reads it, below
	if err != nil {
		t.Fatal(err)
	}
	if a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%s: %s %s", path, a.Status, a.Header.Get("Content-Type"))
	}
	found := make(chan sse, 1000)
	go func() {
		defer close(found)
		defer a.Body.Close() //nolint:errcheck // it was only read
		var e sse
		lines := bufio.NewScanner(a.Body)
		for lines.Scan() {
			field, value, _ := strings.Cut(lines.Text(), ": ")
			switch field {
			case "event":
				e.name = value
			case "id":
				e.id = value
			case "data":
				e.data = value
			case "":
				if e.name != "" {
					apitest.Event(t, api.Of(id), e.name, []byte(e.data))
					found <- e
				}
				e = sse{}
			}
		}
	}()
	return found
}

// next gives the next event of a stream.
func next(t *testing.T, stream <-chan sse) sse {
	t.Helper()
	select {
	case e, ok := <-stream:
		if !ok {
			t.Fatal("the stream has ended")
		}
		return e
	case <-time.After(30 * time.Second):
		t.Fatal("no event came")
		return sse{}
	}
}

var errBoom = errors.New("boom with s3cret")

func contains(t *testing.T, body []byte, words ...string) bool {
	t.Helper()
	for _, word := range words {
		if bytes.Contains(body, []byte(word)) {
			return true
		}
	}
	return false
}

// benchWorld has ten thousand connections with plans, of which one in a hundred
// runs.
func benchWorld(b *testing.B) *world {
	b.Helper()
	w := &world{home: b.TempDir(), paused: map[string]bool{}, secrets: map[api.Scope]string{}}
	var err error
	if w.set, err = connection.Read("documents.yaml", []byte(documents)); err != nil {
		b.Fatal(err)
	}
	if w.store, err = sqlite.Open(b.Context(), filepath.Join(w.home, "state.db"), sqlite.Options{Alive: store.ProcessAlive}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := w.store.Close(); err != nil {
			b.Error(err)
		}
	})
	w.many(10_000)
	for i := range 10_000 {
		key := fmt.Sprintf("ns-%d/c-%05d", i%3, i)
		plan := server.Plan{Connection: key, Next: time.Now().Add(time.Hour), Last: &api.LastSync{ID: 1, Status: api.Succeeded, Ended: time.Now(), Records: 100}}
		if i%100 == 0 {
			plan.Asked = time.Now().Add(time.Minute)
			l, err := w.store.Acquire(b.Context(), key, store.ProcessHolder(), time.Hour)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := l.Begin(b.Context(), store.Begin{Sync: store.SyncRecord{Status: store.Running, Started: time.Now(), Attempts: []store.Attempt{{Number: 1, Status: store.Running}}}}); err != nil {
				b.Fatal(err)
			}
		}
		w.plans.all = append(w.plans.all, plan)
	}
	slices.SortFunc(w.plans.all, func(x, y server.Plan) int { return strings.Compare(x.Connection, y.Connection) })
	w.serve(b, func(c *server.Config) { c.Local, c.Rate = []string{""}, 1_000_000 })
	return w
}
