package foreign

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/connector/process"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/sqlite"
	"knelt.dev/test/e2e"
)

// object is a JSON object.
type object = map[string]any

// end is one end of a connection: the spec of a Source or a Destination.
type end struct {
	Connector           program `json:"connector"`
	Config              object  `json:"config"`
	AcknowledgesInOrder bool    `json:"acknowledgesInOrder,omitempty"`
	SupportsRefreshes   bool    `json:"supportsRefreshes,omitempty"`
}

type program struct {
	Command []string          `json:"command"`
	Env     map[string]string `json:"env,omitempty"`
}

// through puts a program of testdata, with an argument, before an end's own.
func (e end) through(script, argument string) end {
	e.Connector.Command = append([]string{filepath.Join(here, "testdata", script), argument}, e.Connector.Command...)
	return e
}

// story is a connection under test, with an engine of its own.
type story struct {
	t                   *testing.T
	dir                 string
	engine              *engine.Engine
	source, destination end
	// connection holds more fields of the Connection's spec.
	connection object

	mu     sync.Mutex
	events []engine.Event
}

func newStory(t *testing.T, source, destination end) *story {
	t.Helper()
	t.Parallel()
	dir := t.TempDir()
	st, err := sqlite.Open(t.Context(), filepath.Join(dir, "home", "knelt.db"), sqlite.Options{Alive: store.ProcessAlive})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return &story{
		t: t, dir: dir, source: source, destination: destination, connection: object{},
		engine: &engine.Engine{
			Store: st, Runtime: process.New(process.Config{Root: filepath.Join(dir, "home", "run")}),
			Home: filepath.Join(dir, "home"), Holder: store.ProcessHolder(), ProgressEvery: 10 * time.Millisecond,
		},
	}
}

// set gives the documents as if read from a file in the story's folder. (JSON is
// valid YAML.)
func (s *story) set() *connection.Set {
	s.t.Helper()
	spec := object{"source": "from", "destination": "to"}
	for name, value := range s.connection {
		spec[name] = value
	}
	var text strings.Builder
	for _, d := range []struct {
		kind, name string
		spec       any
	}{{"Source", "from", s.source}, {"Destination", "to", s.destination}, {"Connection", "story", spec}} {
		doc := object{"apiVersion": connection.APIVersion, "kind": d.kind, "metadata": object{"name": d.name}, "spec": d.spec}
		text.WriteString(encode(s.t, doc) + "\n---\n")
	}
	path := filepath.Join(s.dir, "knelt.yaml")
	write(s.t, path, strings.TrimSuffix(text.String(), "---\n"))
	set, err := connection.Load(path)
	if err != nil {
		s.t.Fatal(err)
	}
	return set
}

func (s *story) request() engine.Request {
	s.t.Helper()
	set := s.set()
	c, err := set.Connection("")
	if err != nil {
		s.t.Fatal(err)
	}
	source, err := set.SourceOf(c)
	if err != nil {
		s.t.Fatal(err)
	}
	destination, err := set.DestinationOf(c)
	if err != nil {
		s.t.Fatal(err)
	}
	return engine.Request{Connection: c, Source: source, Destination: destination, Observe: s.observe}
}

func (s *story) observe(e engine.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
}

// relayed gives how many records the running sync has relayed so far.
func (s *story) relayed() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.events); n > 0 && s.events[n-1].Ledger != nil {
		return s.events[n-1].Ledger.Total.Relayed
	}
	return 0
}

// sync runs the connection once, to the end, and expects that end.
func (s *story) sync(want store.Status) engine.Result {
	s.t.Helper()
	return s.run(want, s.request())
}

func (s *story) run(want store.Status, req engine.Request) engine.Result {
	s.t.Helper()
	s.mu.Lock()
	s.events = nil
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*e2e.Patience)
	defer cancel()
	r, err := s.engine.Sync(ctx, req)
	if err != nil {
		s.t.Fatal(err)
	}
	if r.Status() != want {
		s.t.Fatalf("the sync is %s, not %s; reasons: %q", r.Status(), want, r.Reasons())
	}
	return r
}

// until waits for something that another process does.
func (s *story) until(what string, happened func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(e2e.Patience); !happened(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Errorf("it did not happen that %s", what)
			return
		}
	}
}

func encode(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
