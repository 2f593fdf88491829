package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/api/apitest"
	"knelt.dev/pkg/api/server"
	"knelt.dev/pkg/host"
	"knelt.dev/pkg/store"
)

// filled is a world with a sync that runs, one that has ended, a state and a log.
func filled(t *testing.T, change func(*server.Config)) (*world, store.Lease) {
	t.Helper()
	w := newWorld(t, change)
	l := w.lease(t, "shop/orders")
	end(t, l, begin(t, l, `{}`), store.Incomplete, "2 rows are missing")
	begin(t, l, `{"reset":true,"refresh":[{"namespace":"public","name":"users"}]}`)
	if err := l.SaveCheckpoint(t.Context(), []store.Position{{Kind: airbyte.StreamState, Stream: users, State: json.RawMessage(usersState)}}); err != nil {
		t.Fatal(err)
	}
	log := w.writeLog(t, server.LogName{Connection: "shop/orders", Sync: 1, Attempt: 1}, 100)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	return w, l
}

var users = airbyte.Descriptor{Namespace: "public", Name: "users"}

const usersState = `{"type":"STREAM","stream":{"stream_descriptor":{"name":"users","namespace":"public"},"stream_state":{"cursor":12345678901234567890}}}`

// bodies that are good enough for each operation that has one.
var bodies = map[api.OperationID]string{
	api.PutState: `{"state":[` + usersState + `]}`, api.StartSync: `{}`,
	api.CheckResource: `{"resource":{"kind":"Source","name":"db","namespace":"shop"}}`, api.DiscoverResource: `{"resource":{"kind":"Source","name":"db","namespace":"shop"}}`,
	api.SpecResource: `{"resource":{"kind":"Source","name":"db","namespace":"shop"}}`,
}

func pathOf(o api.Operation) string {
	id := "1"
	if o.ID == api.CancelSync {
		id = "2"
	}
	return api.Base + strings.NewReplacer("{namespace}", "shop", "{name}", "orders", "{id}", id).Replace(o.Path)
}

// TestEveryOperationAsksForItsScope tries each with each scope and without a
// token; what is let in has an answer of the document.
func TestEveryOperationAsksForItsScope(t *testing.T) {
	for _, o := range api.Operations {
		for _, scope := range append([]api.Scope{api.None}, api.Scopes...) {
			t.Run(string(o.ID)+"/"+string(scope), func(t *testing.T) {
				w, l := filled(t, nil)
				if o.ID == api.PutState || o.ID == api.StartSync {
					if err := l.Release(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				if o.Stream != nil && scope.Allows(o.Scope) {
					w.follow(t, o.ID, strings.TrimPrefix(pathOf(o), api.Base))
					return
				}
				a := w.do(t, scope, o.Method, pathOf(o), bodies[o.ID])
				switch {
				case scope.Allows(o.Scope):
					if a.status != o.Status {
						t.Fatalf("%d %s", a.status, a.body)
					}
					apitest.Answer(t, o, a.body)
				case scope == api.None:
					fails(t, a, http.StatusUnauthorized, "send a token")
				default:
					fails(t, a, http.StatusForbidden, "scope "+string(o.Scope))
				}
			})
		}
	}
}

func TestWhatARequestBringsMayNeedMore(t *testing.T) {
	w := newWorld(t, nil)
	document := `{"document":{"apiVersion":"knelt.dev/v1alpha1","kind":"Source","metadata":{"name":"x"},"spec":{"connector":{"command":["/bin/rm"]}}}}`
	for _, path := range []string{"/check", "/discover", "/spec"} {
		fails(t, w.do(t, api.Run, http.MethodPost, api.Base+path, document), http.StatusForbidden, "scope admin")
		if a := w.do(t, api.Admin, http.MethodPost, api.Base+path, document); a.status != http.StatusOK {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	reset := `{"kind":"reset"}`
	fails(t, w.do(t, api.Run, http.MethodPost, api.Base+"/connections/shop/orders/syncs", reset), http.StatusForbidden, "deletes rows")
	if a := w.do(t, api.Admin, http.MethodPost, api.Base+"/connections/shop/orders/syncs", reset); a.status != http.StatusAccepted || len(w.wanted) != 1 {
		t.Errorf("%d %s", a.status, a.body)
	}
	if len(w.asked) != 3 {
		t.Errorf("%d questions were asked, want those of admin alone", len(w.asked))
	}
}

func TestAWrongTokenIsNobodys(t *testing.T) {
	w := newWorld(t, nil)
	for _, header := range []string{"Bearer nonsense", "Bearer ", "Basic " + w.secrets[api.Read], w.secrets[api.Read], "Bearer " + w.secrets[api.Read] + "x"} {
		for _, path := range []string{"/connections", "/version"} {
			fails(t, w.do(t, api.None, http.MethodGet, api.Base+path, "", "Authorization", header), http.StatusUnauthorized, "not known")
		}
	}
}

// TestATokenComesByAHeaderOfItsOwn past a proxy that takes Authorization away, or
// has put in something of its own.
func TestATokenComesByAHeaderOfItsOwn(t *testing.T) {
	w := newWorld(t, nil)
	good := "Bearer " + w.secrets[api.Read]
	for _, header := range [][]string{{api.TokenHeader, good}, {api.TokenHeader, good, "Authorization", "Basic cHJveHk6cHJveHk="}} {
		if a := w.do(t, api.None, http.MethodGet, api.Base+"/connections", "", header...); a.status != http.StatusOK {
			t.Errorf("%s: %d %s", header, a.status, a.body)
		}
	}
	fails(t, w.do(t, api.None, http.MethodGet, api.Base+"/connections", "", api.TokenHeader, good+"x", "Authorization", good), http.StatusUnauthorized, "not known")
}

func TestTheDocumentIsForEverybody(t *testing.T) {
	w := newWorld(t, nil)
	if a := w.do(t, api.None, http.MethodGet, api.OpenAPIPath, ""); a.status != http.StatusOK || string(a.body) != string(api.OpenAPI) {
		t.Errorf("%d", a.status)
	}
}

// TestOnlyThisMachineNeedsNoToken: what a stranger's page in a browser on this
// machine sends, by DNS rebinding or across sites, is let in no more than what
// comes from elsewhere.
func TestOnlyThisMachineNeedsNoToken(t *testing.T) {
	w := newWorld(t, func(c *server.Config) { c.Local = []string{""} })
	_, port, _ := strings.Cut(w.addr, ":")
	for name, c := range map[string]struct {
		host   string
		header []string
		in     bool
	}{
		"the address":             {w.addr, nil, true},
		"localhost":               {"localhost:" + port, nil, true},
		"its own page":            {w.addr, []string{"Origin", "http://" + w.addr, "Sec-Fetch-Site", "same-origin"}, true},
		"typed into the browser":  {w.addr, []string{"Sec-Fetch-Site", "none"}, true},
		"a name that points here": {"evil.example:" + port, nil, false},
		"another port":            {"localhost:1", nil, false},
		"a stranger's page":       {w.addr, []string{"Origin", "https://evil.example"}, false},
		"a page without origin":   {w.addr, []string{"Origin", "null"}, false},
		"an origin that begins":   {w.addr, []string{"Origin", "http://" + w.addr + ".evil.example"}, false},
		"https of the same":       {w.addr, []string{"Origin", "https://" + w.addr}, false},
		"a stranger's form":       {w.addr, []string{"Sec-Fetch-Site", "cross-site"}, false},
		"another port's page":     {w.addr, []string{"Sec-Fetch-Site", "same-site"}, false},
	} {
		r := w.request(t, api.None, http.MethodPost, api.Base+"/connections/shop/orders/pause", "", c.header...)
		r.Host = c.host
		a, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Body.Close(); err != nil {
			t.Error(err)
		}
		if in := a.StatusCode == http.StatusOK; in != c.in || !in && a.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %s", name, a.Status)
		}
	}
	if a := w.do(t, api.None, http.MethodGet, api.Base+"/whoami", ""); !contains(t, a.body, "loopback") {
		t.Errorf("%s", a.body)
	}
	fails(t, w.do(t, api.None, http.MethodGet, api.Base+"/whoami", "", "Authorization", "Bearer x"), http.StatusUnauthorized, "not known")
}

func TestOnlyLoopbackCanBeLocal(t *testing.T) {
	for _, address := range []string{"0.0.0.0:8080", ":8080", "192.0.2.1:8080", "localhost:8080", "[::]:8080", "8080"} {
		if _, err := server.New(server.Config{Local: []string{address}}); err == nil {
			t.Errorf("%s needs no token", address)
		}
	}
	for _, address := range []string{"127.0.0.1:8080", "[::1]:8080", "127.1.2.3:80"} {
		if _, err := server.New(server.Config{Local: []string{address}}); err != nil {
			t.Error(err)
		}
	}
}

func TestRequestsAreReadStrictly(t *testing.T) {
	w, l := filled(t, nil)
	if err := l.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ method, path, body, says string }{
		{http.MethodGet, "/connections?serach=x", "", "no such parameter"},
		{http.MethodGet, "/connections?status=dead", "", "one of never, running"},
		{http.MethodGet, "/connections?paused=yes", "", "true or false"},
		{http.MethodGet, "/connections?limit=0", "", "1 to 500"},
		{http.MethodGet, "/connections?limit=501", "", "1 to 500"},
		{http.MethodGet, "/connections?limit=many", "", "a whole number"},
		{http.MethodGet, "/connections?cursor=%21", "", "next of a page"},
		{http.MethodGet, "/connections/shop/orders/syncs?cursor=YQ", "", "next of a page"},
		{http.MethodGet, "/connections/shop/orders/syncs/0", "", "from 1"},
		{http.MethodGet, "/connections/shop/orders/syncs/x", "", "from 1"},
		{http.MethodGet, "/connections/shop/orders/syncs/1/logs?since=yesterday", "", "2026-01-02"},
		{http.MethodPost, "/connections/shop/orders/syncs", `{"refreshed":[]}`, "refreshed"},
		{http.MethodPost, "/connections/shop/orders/syncs", `{} {}`, "after its JSON"},
		{http.MethodPost, "/check", ``, "media type"},
		{http.MethodPost, "/check", `{"resource":{"kind":"Sauce","name":"x"}}`, "kind"},
	} {
		a := w.do(t, api.Admin, c.method, api.Base+c.path, c.body)
		if a.status/100 != 4 {
			t.Errorf("%s %s %s: %d", c.method, c.path, c.body, a.status)
		}
		fails(t, a, a.status, c.says)
	}
	for _, c := range []struct{ path, body, says string }{
		{"/connections/shop/orders/syncs", `{"kind":"dance"}`, "sync or reset"},
		{"/connections/shop/orders/syncs", `{"refresh":[{"namespace":"a","name":""}]}`, "no name"},
		{"/connections/shop/broken/syncs", `{}`, "no Source"},
		{"/connections/shop/orders/syncs/1/cancel", ``, "has ended"},
		{"/check", `{}`, "name a resource"},
	} {
		fails(t, w.do(t, api.Admin, http.MethodPost, api.Base+c.path, c.body), http.StatusUnprocessableEntity, c.says)
	}
	for _, path := range []string{"/connections/shop/none", "/connections/-/orders", "/connections/shop/orders/syncs/99", "/connections/shop/orders/syncs/1/logs?attempt=2", "/connections/shop/none/state", "/connections/shop/none/syncs", "/nothing"} {
		fails(t, w.do(t, api.Read, http.MethodGet, api.Base+path, ""), http.StatusNotFound, "")
	}
	if len(w.wanted) > 0 {
		t.Error("a request with a mistake became a sync")
	}
}

func TestNothingShowsASecret(t *testing.T) {
	w, _ := filled(t, nil)
	for _, path := range []string{"/sources", "/destinations", "/connections", "/connections/shop/orders"} {
		a := w.do(t, api.Admin, http.MethodGet, api.Base+path, "")
		if a.status != http.StatusOK || contains(t, a.body, "in-argv", "in-the-clear", "db.internal", "5432") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	sources := get[api.Page[api.Resource]](t, w, api.ListSources, "/sources")
	want := `{"deep":[{"key":"***"}],"host":"***","password":"${secret:db/password}","port":"***","ssl":true}`
	if s := sources.Items[0]; string(s.Config) != want || s.Connector != "source" || len(s.UsedBy) != 1 || s.UsedBy[0] != "shop/orders" {
		t.Errorf("%+v %s", s, s.Config)
	}
	w.failure = host.Because(host.Internal, errBoom)
	a := w.do(t, api.Run, http.MethodPost, api.Base+"/check", bodies[api.CheckResource])
	fails(t, a, http.StatusInternalServerError, "")
	if contains(t, a.body, "s3cret") {
		t.Errorf("%s", a.body)
	}
}

func TestTheSameKeyGetsTheSameAnswer(t *testing.T) {
	w := newWorld(t, nil)
	path := api.Base + "/connections/shop/orders/syncs"
	first := w.do(t, api.Run, http.MethodPost, path, `{}`, "Idempotency-Key", "a")
	again := w.do(t, api.Run, http.MethodPost, path, `{}`, "Idempotency-Key", "a")
	if first.status != http.StatusAccepted || again.status != first.status || string(again.body) != string(first.body) || len(w.wanted) != 1 {
		t.Errorf("%d %s; %d %s; %d syncs", first.status, first.body, again.status, again.body, len(w.wanted))
	}
	fails(t, w.do(t, api.Run, http.MethodPost, path, `{"kind":"sync"}`, "Idempotency-Key", "a"), http.StatusUnprocessableEntity, "another request")
	fails(t, w.do(t, api.Run, http.MethodPost, path, `{}`, "Idempotency-Key", strings.Repeat("a", 256)), http.StatusBadRequest, "255")
	for _, other := range []answer{
		w.do(t, api.Run, http.MethodPost, path, `{}`, "Idempotency-Key", "b"), w.do(t, api.Run, http.MethodPost, path, `{}`),
		w.do(t, api.Admin, http.MethodPost, path, `{}`, "Idempotency-Key", "a"), // another's key is another key
	} {
		if string(other.body) == string(first.body) {
			t.Errorf("another request got the answer of the first: %s", other.body)
		}
	}
	if len(w.wanted) != 4 {
		t.Errorf("%d syncs", len(w.wanted))
	}
}

func TestAFailureIsNotKeptForItsKey(t *testing.T) {
	w := newWorld(t, nil)
	l := w.lease(t, "shop/orders")
	path := api.Base + "/connections/shop/orders/syncs"
	fails(t, w.do(t, api.Run, http.MethodPost, path, `{}`, "Idempotency-Key", "a"), http.StatusConflict, "being synced")
	if err := l.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := w.do(t, api.Run, http.MethodPost, path, `{}`, "Idempotency-Key", "a"); a.status != http.StatusAccepted {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestOneCallerCannotAskForever(t *testing.T) {
	var clock atomic.Int64
	clock.Store(time.Now().UnixNano())
	w := newWorld(t, func(c *server.Config) { c.Now = func() time.Time { return time.Unix(0, clock.Load()) } })
	ask := func(scope api.Scope) answer { return w.do(t, scope, http.MethodGet, api.Base+"/whoami", "") }
	for i := range 200 {
		if a := ask(api.Read); a.status != http.StatusOK {
			t.Fatalf("request %d: %d %s", i, a.status, a.body)
		}
	}
	a := ask(api.Read)
	fails(t, a, http.StatusTooManyRequests, "in a second")
	if a.header.Get("Retry-After") != "1" {
		t.Errorf("%v", a.header)
	}
	if a := ask(api.Admin); a.status != http.StatusOK {
		t.Errorf("another caller: %d", a.status)
	}
	clock.Add(int64(time.Second))
	for i := range 50 {
		if a := ask(api.Read); a.status != http.StatusOK {
			t.Fatalf("request %d of the next second: %d %s", i, a.status, a.body)
		}
	}
	fails(t, ask(api.Read), http.StatusTooManyRequests, "")
	for range 100 {
		fails(t, ask(api.None), http.StatusUnauthorized, "")
	}
	fails(t, ask(api.None), http.StatusTooManyRequests, "")
	if a := ask(api.Admin); a.status != http.StatusOK {
		t.Errorf("whoever is known suffers from those who are not: %d", a.status)
	}
}

func TestWhatHasNotChangedIsNotSentAgain(t *testing.T) {
	w, _ := filled(t, nil)
	first := w.do(t, api.Read, http.MethodGet, api.Base+"/connections/shop/orders", "")
	again := w.do(t, api.Read, http.MethodGet, api.Base+"/connections/shop/orders", "", "If-None-Match", first.header.Get("ETag"))
	if again.status != http.StatusNotModified || len(again.body) > 0 {
		t.Errorf("%d %s", again.status, again.body)
	}
	if a := w.do(t, api.Run, http.MethodPost, api.Base+"/connections/shop/orders/pause", ""); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := w.do(t, api.Read, http.MethodGet, api.Base+"/connections/shop/orders", "", "If-None-Match", first.header.Get("ETag")); a.status != http.StatusOK {
		t.Errorf("%d", a.status)
	}
}
