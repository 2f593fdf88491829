package host_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"knelt.dev/events"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/host"
	"knelt.dev/pkg/store"
)

func TestErrorsBecomeStatusesByOneTable(t *testing.T) {
	_, config := connection.Read("f", []byte("apiVersion: knelt.dev/v1alpha1\nkind: Source\nmetadata: {name: a}\nspec: {connector: {image: x}, colour: 1}\n"))
	tests := map[string]struct {
		err               error
		status            int
		problem, retry    string
		detail, notDetail string
	}{
		"a connection's problems": {fmt.Errorf("reading: %w", config), 422, "invalid", "", "unknown field", ""},
		"held":                    {fmt.Errorf("acquiring: %w", &store.HeldError{Connection: "c", Info: store.LeaseInfo{Holder: "h", Epoch: 2, Expires: time.Now().Add(9500 * time.Millisecond)}}), 409, "held", "10", "being synced by h", ""},
		"held, about to end":      {&store.HeldError{Connection: "c", Info: store.LeaseInfo{Expires: time.Now().Add(-time.Second)}}, 409, "held", "5", "", ""},
		"fenced":                  {store.ErrFenced, 409, "held", "5", "lease", ""},
		"no such sync":            {fmt.Errorf("sync 5: %w", store.ErrNotFound), 404, "not-found", "", "sync 5", ""},
		"the store is away":       {store.ErrUnavailable, 503, "unavailable", "5", "unavailable", ""},
		"an unknown type":         {&events.UnknownTypeError{Type: "a"}, 400, "unknown-type", "", "unknown type", ""},
		"not known who":           {host.Because(host.Unauthenticated, errors.New("no token")), 401, "unauthenticated", "", "no token", ""},
		"not allowed":             {host.Because(host.Forbidden, errors.New("not yours")), 403, "forbidden", "", "not yours", ""},
		"rate":                    {&host.Error{Cause: host.RateLimited, RetryAfter: 1500 * time.Millisecond, Detail: "slower"}, 429, "rate-limited", "2", "slower", ""},
		"changed":                 {host.Because(host.Changed, errors.New("it moved")), 412, "changed", "", "it moved", ""},
		"too large":               {host.Because(host.TooLarge, errors.New("so much")), 413, "too-large", "", "so much", ""},
		"media type":              {host.Because(host.MediaType, errors.New("xml")), 415, "media-type", "", "xml", ""},
		"unavailable":             {fmt.Errorf("asking: %w", host.Because(host.Unavailable, errors.New("no pod"))), 503, "unavailable", "5", "no pod", ""},
		"whatever":                {errBoom, 500, "internal", "", "", "s3cret"},
		"an internal one":         {host.Because(host.Internal, errBoom), 500, "internal", "", "", "s3cret"},
		"a detail over a secret":  {&host.Error{Cause: host.Unavailable, Detail: "no database", Err: errBoom}, 503, "unavailable", "5", "no database", "s3cret"},
		"an unknown cause":        {host.Because("whim", errBoom), 500, "internal", "", "", "s3cret"},
		"a foreign deadline":      {context.Canceled, 500, "internal", "", "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, nil, get("/", func(context.Context, *host.Call) (*host.Response, error) { return nil, test.err }))
			a := do(t, client(t), http.MethodGet, s.url+"/", "", "")
			p := problemOf(t, a)
			all := p.Detail + fmt.Sprint(p.Errors)
			if a.status != test.status || p.Type != "https://knelt.dev/problems/"+test.problem || a.header.Get("Retry-After") != test.retry || !strings.Contains(all, test.detail) {
				t.Errorf("%d %q %+v", a.status, a.header.Get("Retry-After"), p)
			}
			if test.notDetail != "" && strings.Contains(a.body, test.notDetail) {
				t.Errorf("the answer has %q: %s", test.notDetail, a.body)
			}
			if p.Title == "" {
				t.Error("no title")
			}
		})
	}
}

// TestWhatIsNotThereIsFinalForAnEvent: 404 would have Knative send it again.
func TestAnEventAboutWhatIsNotThereIsFinal(t *testing.T) {
	s := serve(t, nil, function(failing(store.ErrNotFound)))
	contentType, body, headers := binary("manual")
	if a := do(t, client(t), http.MethodPost, s.url, contentType, body, headers...); a.status != 422 || problemOf(t, a).Type != "https://knelt.dev/problems/not-found" {
		t.Errorf("%+v", a)
	}
}

func TestAPanicIsAnErrorOfOneRequest(t *testing.T) {
	s := serve(t, func(c *host.Config) { c.Concurrency = 1 },
		get("/panic", func(context.Context, *host.Call) (*host.Response, error) { panic("with a s3cret") }),
		host.Under("/stream", get("/", func(context.Context, *host.Call) (*host.Response, error) {
			return &host.Response{Stream: func(context.Context, *host.StreamWriter) error { panic("in a stream") }}, nil
		})))
	c := client(t)
	for range 3 {
		a := do(t, c, http.MethodGet, s.url+"/panic", "", "")
		if a.status != 500 || strings.Contains(a.body, "s3cret") {
			t.Errorf("%+v", a)
		}
	}
	if log := s.log.String(); !strings.Contains(log, "plain_test.go") || !strings.Contains(log, `"stack"`) {
		t.Errorf("no stack in the log: %s", log)
	}
	do(t, c, http.MethodGet, s.url+"/stream", "", "")
	eventually(t, "the stream's panic in the log", func() bool { return strings.Contains(s.log.String(), "panic: in a stream") })
	if a := do(t, c, http.MethodGet, s.url+"/panic", "", ""); a.status != 500 {
		t.Errorf("the place was not given back: %+v", a)
	}
}

func TestPathsMethodsAndPrefixes(t *testing.T) {
	tell := func(name string) host.HTTPHandler {
		return func(_ context.Context, c *host.Call) (*host.Response, error) {
			return host.JSON(200, map[string]any{"name": name, "path": c.Path, "params": c.Params, "query": c.Query.Get("q")})
		}
	}
	api := host.Function{Name: "api", Routes: []host.Route{
		{Method: http.MethodGet, Path: "/", Handle: tell("root")},
		{Method: http.MethodGet, Path: "/sources/:name", Handle: tell("source")},
		{Method: http.MethodDelete, Path: "/sources/:name", Handle: tell("gone")},
		{Method: http.MethodGet, Path: "/assets/*", Handle: tell("asset")},
	}}
	s := serve(t, nil, host.Under("/api", api), host.Under("/sync/", function(syncing)))
	c := client(t)
	for _, test := range []struct{ method, path, want string }{
		{"GET", "/api", `{"name":"root","params":{},"path":"/","query":""}`},
		{"GET", "/api/", `{"name":"root","params":{},"path":"/","query":""}`},
		{"GET", "/api/sources/a%2Fb?q=1&z=%", `{"name":"source","params":{"name":"a/b"},"path":"/sources/a/b","query":"1"}`},
		{"DELETE", "/api/sources/a", `{"name":"gone","params":{"name":"a"},"path":"/sources/a","query":""}`},
		{"GET", "/api/assets/x/y.js", `{"name":"asset","params":{"*1":"x/y.js"},"path":"/assets/x/y.js","query":""}`},
	} {
		if a := do(t, c, test.method, s.url+test.path, "", ""); a.status != 200 || strings.TrimSpace(a.body) != test.want {
			t.Errorf("%s %s: %d %s", test.method, test.path, a.status, a.body)
		}
	}
	if a := do(t, c, "HEAD", s.url+"/api", "", ""); a.status != 200 || a.body != "" {
		t.Errorf("HEAD: %+v", a)
	}
	if a := do(t, c, "PUT", s.url+"/api/sources/a", "", ""); a.status != 405 || a.header.Get("Allow") != "DELETE, GET, HEAD, OPTIONS" {
		t.Errorf("PUT: %+v", a)
	}
	if a := do(t, c, "OPTIONS", s.url+"/sync", "", ""); a.status != 204 || a.header.Get("Allow") != "OPTIONS, POST" {
		t.Errorf("OPTIONS: %+v", a)
	}
	if a := do(t, c, "GET", s.url+"/nowhere", "", ""); a.status != 404 || problemOf(t, a).Detail == "" {
		t.Errorf("nowhere: %+v", a)
	}
	contentType, body, headers := binary("schedule")
	if a := do(t, c, "POST", s.url+"/sync", contentType, body, headers...); a.status != 202 {
		t.Errorf("the event: %+v", a)
	}
}

func TestTwoFunctionsAtOnePathAreAMistake(t *testing.T) {
	cfg := host.Default()
	if _, err := host.New(cfg, function(syncing), function(syncing)); err == nil || !strings.Contains(err.Error(), "POST /") {
		t.Errorf("%v", err)
	}
	if _, err := host.New(cfg, get("/healthz", nil)); err == nil {
		t.Error("a route hides a probe")
	}
}

func TestBodiesAreReadStrictly(t *testing.T) {
	s := serve(t, nil, post("/", func(_ context.Context, c *host.Call) (*host.Response, error) {
		var in struct {
			Name string `json:"name"`
			Sub  struct {
				N int `json:"n"`
			} `json:"sub"`
		}
		if err := c.JSON(&in); err != nil {
			return nil, err
		}
		return host.JSON(201, in)
	}))
	c := client(t)
	for _, test := range []struct {
		contentType, body string
		status            int
		want              string
	}{
		{"application/json", `{"name":"a"}`, 201, `"name":"a"`},
		{"application/merge-patch+json; charset=utf-8", `{"name":"a"} `, 201, ``},
		{"text/plain", `{"name":"a"}`, 415, `must be application/json`},
		{"", `{"name":"a"}`, 415, ``},
		{"application/json", ``, 400, `is empty`},
		{"application/json", `{"name":"a"} {}`, 400, `something after`},
		{"application/json", `{"nam":"a"}`, 400, `unknown field`},
		{"application/json", `{"sub":{"n":"tops3cret"}}`, 400, `"pointer":"/sub/n","detail":"must not be a string"`},
		{"application/json", `{"name":`, 400, `not the JSON`},
	} {
		a := do(t, c, "POST", s.url+"/", test.contentType, test.body)
		if a.status != test.status || !strings.Contains(a.body, test.want) || strings.Contains(a.body, "tops3cret") {
			t.Errorf("%q: %d %s", test.body, a.status, a.body)
		}
	}
}

func TestAStreamReachesItsReaderPieceByPieceAndEndsWithIt(t *testing.T) {
	ended := make(chan error, 1)
	next := make(chan struct{})
	s := serve(t, func(c *host.Config) { c.Concurrency = 1 }, get("/", func(context.Context, *host.Call) (*host.Response, error) {
		return &host.Response{Header: http.Header{"Content-Type": {"text/event-stream"}}, Stream: func(ctx context.Context, w *host.StreamWriter) error {
			for i := 0; ; i++ {
				if _, err := fmt.Fprintf(w, "data: %d\n", i); err != nil {
					return err
				}
				if err := w.Flush(); err != nil {
					return err
				}
				select {
				case <-next:
				case <-ctx.Done():
					ended <- context.Cause(ctx)
					return nil
				}
			}
		}}, nil
	}))
	c := dial(t, s)
	send(t, c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }() // its connection is closed by then
	lines := bufio.NewReader(response.Body)
	for i := range 3 {
		line, err := lines.ReadString('\n')
		if err != nil || line != fmt.Sprintf("data: %d\n", i) {
			t.Fatalf("%q, %v", line, err)
		}
		if i < 2 {
			next <- struct{}{}
		}
	}
	if a := do(t, client(t), http.MethodGet, s.url+"/", "", ""); a.status != 503 {
		t.Errorf("a stream does not count: %+v", a)
	}
	shut(t, c) // nothing is written meanwhile: only the watch can notice
	if err := within(t, ended, "the end of the stream"); !errors.Is(err, host.ErrClientGone) {
		t.Error(err)
	}
}

func TestTheLogNamesRequestsAndEventsAndNothingSecret(t *testing.T) {
	s := serve(t, nil, host.Function{Name: "sync", Handle: func(ctx context.Context, e cloudEvent) (*cloudEvent, error) {
		host.Log(ctx).Info("working")
		if host.RequestID(ctx) != "my-id" {
			t.Errorf("request %q", host.RequestID(ctx))
		}
		return nil, nil
	}})
	contentType, body, headers := binary("manual")
	headers = append(headers, "X-Request-Id", "my-id", "Authorization", "Bearer s3cret-1", "ce-id", "e1", "ce-subject", "orders")
	a := do(t, client(t), http.MethodPost, s.url+"/?token=s3cret-2", contentType, strings.Replace(body, "orders", "s3cret-3", 1), headers...)
	if a.status != 202 || a.header.Get("X-Request-Id") != "my-id" {
		t.Errorf("%+v", a)
	}
	log := s.log.String()
	for _, want := range []string{`"msg":"working","function":"sync","request":"my-id","event":"e1","type":"dev.knelt.sync.requested","source":"/me","subject":"orders"`, `"method":"POST","path":"/","status":202,"duration":`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s:\n%s", want, log)
		}
	}
	if strings.Contains(log, "s3cret") {
		t.Errorf("the log has a secret:\n%s", log)
	}
	a = do(t, client(t), http.MethodPost, s.url, contentType, body, "X-Request-Id", "bad id\tx")
	if id := a.header.Get("X-Request-Id"); id == "" || strings.Contains(id, " ") {
		t.Errorf("request id %q", id)
	}
}
