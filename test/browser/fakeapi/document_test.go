package fakeapi_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"knelt.dev/pkg/host"
	"knelt.dev/test/browser/fakeapi"
)

// document is the OpenAPI document, as far as it is needed here.
type document struct {
	t        *testing.T
	compiler *jsonschema.Compiler
	Paths    map[string]map[string]struct {
		Responses map[string]struct {
			Content map[string]struct {
				Schema reference
				Events map[string]reference `json:"x-events"`
			}
		}
	}
}

type reference struct {
	Ref string `json:"$ref"`
}

func read(t *testing.T) *document {
	t.Helper()
	text, err := os.ReadFile("../../../docs/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	d := &document{t: t, compiler: jsonschema.NewCompiler()}
	if err := json.Unmarshal(text, d); err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	closed(value)
	if err := d.compiler.AddResource("api.json", value); err != nil {
		t.Fatal(err)
	}
	return d
}

// closed forbids what a schema does not name: a misspelt property is else one
// that was left out.
func closed(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, open := v["additionalProperties"]; v["properties"] != nil && v["type"] == "object" && !open {
			v["additionalProperties"] = false
		}
		for _, inner := range v {
			closed(inner)
		}
	case []any:
		for _, inner := range v {
			closed(inner)
		}
	}
}

// holds a value against a schema.
func (d *document) holds(what string, r reference, text []byte) {
	d.t.Helper()
	schema, err := d.compiler.Compile("api.json" + r.Ref)
	if err != nil {
		d.t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		d.t.Fatalf("%s: %v: %.300s", what, err, text)
	}
	if err := schema.Validate(value); err != nil {
		d.t.Errorf("%s: %v\n%.600s", what, err, text)
	}
}

// TestTheFakeAnswersAsTheAPISaysItDoes: else the dashboard would be made for
// something that there is not.
func TestTheFakeAnswersAsTheAPISaysItDoes(t *testing.T) {
	d, world := read(t), fakeapi.New(300)
	world.SyncTime = 300 * time.Millisecond
	url := serve(t, world)
	connection := map[string]string{"{namespace}": "shop", "{id}": "413", "{name}": "orders"}
	asked := 0
	for _, name := range []string{"orders", "payments", "refunds", "returns", "stock", "users"} {
		connection["{name}"] = name
		connection["{id}"] = map[string]string{"orders": "413", "payments": "1207", "stock": "88", "users": "311"}[name]
		for _, path := range slices.Sorted(keys(d.Paths)) {
			if strings.Contains(path, "{id}") && connection["{id}"] == "" || d.Paths[path]["get"].Responses == nil || strings.HasSuffix(path, "version") {
				continue
			}
			asked++
			for status, r := range d.Paths[path]["get"].Responses {
				if content, ok := r.Content["application/json"]; ok && status == "200" {
					d.holds("GET "+path+" of "+name, content.Schema, get(t, url+filled(path, connection)))
				}
			}
		}
	}
	if asked < 40 {
		t.Fatalf("only %d were asked for", asked)
	}
	schema := func(path, status string) reference {
		return d.Paths["/api/v1"+path]["post"].Responses[status].Content["application/json"].Schema
	}
	const of = "/connections/{namespace}/{name}"
	d.holds("pause", schema(of+"/pause", "200"), post(t, url+"/api/v1/connections/shop/stock/pause", "", 200))
	d.holds("resume", schema(of+"/resume", "200"), post(t, url+"/api/v1/connections/shop/stock/resume", "", 200))
	d.holds("sync now", schema(of+"/syncs", "202"), post(t, url+"/api/v1/connections/shop/stock/syncs", `{"kind":"sync","refresh":[{"name":"stock","namespace":"public"}]}`, 202))
	d.holds("cancel", schema(of+"/syncs/{id}/cancel", "202"), post(t, url+"/api/v1/connections/shop/orders/syncs/413/cancel", "", 202))
	put := d.Paths["/api/v1"+of+"/state"]["put"].Responses["200"].Content["application/json"].Schema
	d.holds("put state", put, whole(t, http.MethodPut, url+"/api/v1/connections/shop/returns/state", `{"state":[]}`, 200))
	d.holds("reset", schema(of+"/syncs", "202"), post(t, url+"/api/v1/connections/shop/payments/syncs", `{"kind":"reset"}`, 202))
	for _, name := range []string{"lake", "crm-api"} {
		d.holds("check", schema("/check", "200"), post(t, url+"/api/v1/check", `{"resource":{"kind":"Source","namespace":"shop","name":"`+name+`"}}`, 200))
	}
}

// TestTheFakesStreamsAreTheAPIs: the events have the names and shapes that the
// document gives them.
func TestTheFakesStreamsAreTheAPIs(t *testing.T) {
	d, world := read(t), fakeapi.New(6)
	url := serve(t, world)
	const ofSync = "/connections/{namespace}/{name}/syncs/{id}"
	follow := func(path, wanted string) {
		t.Helper()
		events := d.Paths["/api/v1"+path]["get"].Responses["200"].Content["text/event-stream"].Events
		at := filled("/api/v1"+path, map[string]string{"{namespace}": "shop", "{name}": "orders", "{id}": "413"})
		for name, data := range stream(t, url+at) {
			if events[name].Ref == "" {
				t.Fatalf("%s sends %q", path, name)
			}
			d.holds(path+" "+name, events[name], []byte(data))
			if name == wanted {
				return
			}
		}
		t.Errorf("%s sent no %s", path, wanted)
	}
	follow(ofSync+"/events", "progress")
	follow(ofSync+"/logs/follow", "line")
	change := time.AfterFunc(300*time.Millisecond, func() { world.Change("shop", "stock", func(c *fakeapi.Connection) { c.Paused = true }) })
	defer change.Stop()
	follow("/events", "row")
	post(t, url+"/api/v1/connections/shop/orders/syncs/413/cancel", "", 202)
	follow(ofSync+"/events", "end")
	follow(ofSync+"/logs/follow", "end")
}

// stream gives the events of a stream until it ends.
func stream(t *testing.T, url string) func(func(string, string) bool) {
	return func(yield func(string, string) bool) {
		do(t, http.MethodGet, url, "", 200, func(body io.Reader) {
			name := ""
			for lines := bufio.NewScanner(body); lines.Scan(); {
				if event, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
					name = event
				}
				if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && !yield(name, data) {
					return
				}
			}
		})
	}
}

func keys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func filled(path string, with map[string]string) string {
	for name, value := range with {
		path = strings.ReplaceAll(path, name, value)
	}
	return path
}

func get(t *testing.T, url string) []byte {
	t.Helper()
	return whole(t, http.MethodGet, url, "", 200)
}

func post(t *testing.T, url, text string, status int) []byte {
	t.Helper()
	return whole(t, http.MethodPost, url, text, status)
}

func whole(t *testing.T, method, url, text string, status int) (answer []byte) {
	t.Helper()
	do(t, method, url, text, status, func(body io.Reader) {
		var err error
		if answer, err = io.ReadAll(body); err != nil {
			t.Fatal(err)
		}
	})
	return answer
}

// do sends a request, and has the answer's body read if its status is the one
// that is wanted.
func do(t *testing.T, method, url, text string, status int, read func(io.Reader)) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != status {
		t.Fatalf("%s %s: %s", method, url, response.Status)
	}
	read(response.Body)
}

func serve(t *testing.T, world *fakeapi.World) string {
	t.Helper()
	cfg := host.Default()
	cfg.Log = slog.New(slog.DiscardHandler)
	h, err := host.New(cfg, world.Function())
	if err != nil {
		t.Fatal(err)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- h.ServeOn(t.Context(), l) }()
	t.Cleanup(func() {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return fmt.Sprintf("http://%s", l.Addr())
}
