package ingress

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// proxyTo is a proxy whose host "f" has endpoints of which only the last answers.
func proxyTo(t *testing.T, h2c bool, handler http.HandlerFunc) (*Proxy, *httptest.Server) {
	t.Helper()
	upstream := httptest.NewUnstartedServer(handler)
	upstream.Config.Protocols = new(http.Protocols)
	upstream.Config.Protocols.SetHTTP1(!h2c)
	upstream.Config.Protocols.SetUnencryptedHTTP2(h2c)
	upstream.Start()
	t.Cleanup(upstream.Close)
	p := NewProxy()
	p.use(&table{
		hosts: map[string][]route{"f": {{path: path{
			AppendHeaders: map[string]string{"A": "path"},
			Splits:        []split{{ServiceNamespace: "n", ServiceName: "one", ServicePort: 80.0, AppendHeaders: map[string]string{"B": "split"}}},
		}}}},
		backends: map[backend]endpoints{{"n/one", "80"}: {[]string{"127.0.0.1:1", upstream.Listener.Addr().String()}, h2c}},
	})
	front := httptest.NewServer(p.Handler(false))
	t.Cleanup(front.Close)
	return p, front
}

func reply(t *testing.T, w io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Error(err)
	}
}

func ask(t *testing.T, url, host string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // only read
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func TestRequestsArePassedOnPastADeadEndpoint(t *testing.T) {
	for _, h2c := range []bool{false, true} {
		_, front := proxyTo(t, h2c, func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			reply(t, w, fmt.Sprint(r.ProtoMajor, " ", r.Host, " ", r.URL, " ", r.Header["A"], r.Header["B"], " ", string(body), " ", err))
		})
		want := map[bool]string{false: "1 f /x?y [path] [split] body <nil>", true: "2 f /x?y [path] [split] body <nil>"}[h2c]
		for range 20 { // one of two endpoints is tried first, by chance
			if code, got := ask(t, front.URL+"/x?y", "f"); code != 200 || got != want {
				t.Fatalf("got %d %s, not %s", code, got, want)
			}
		}
	}
}

func TestWhatCannotBePassedOnIsSaid(t *testing.T) {
	p, front := proxyTo(t, false, func(http.ResponseWriter, *http.Request) {})
	if code, _ := ask(t, front.URL, "unknown"); code != http.StatusNotFound {
		t.Errorf("an unknown host is answered by %d", code)
	}
	p.use(&table{hosts: p.table.Load().hosts})
	if code, _ := ask(t, front.URL, "f"); code != http.StatusServiceUnavailable {
		t.Errorf("a route without endpoints is answered by %d", code)
	}
}

// An API server that lists one Ingress, ends each watch at once, and notes statuses.
func TestIngressIsReadyOnceItsBackendHasAnEndpoint(t *testing.T) {
	told := make(chan status, 1)
	objects := map[string]string{
		ingresses: strings.ReplaceAll(strings.ReplaceAll(function, `"two"`, `"one"`), `"deep"`, `"one"`),
		services:  strings.ReplaceAll(service, `"http2"`, `"http"`),
		slicesAt:  strings.ReplaceAll(slice, `"http2"`, `"http"`),
	}
	var lists int
	api := http.NewServeMux()
	api.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("watch") {
			return
		}
		items := objects[r.URL.Path]
		if lists++; r.URL.Path == slicesAt && lists < 10 {
			items = "" // no endpoint yet
		}
		reply(t, w, `{"metadata": {"resourceVersion": "1"}, "items": [`+items+`]}`)
	})
	api.HandleFunc("PATCH /apis/networking.internal.knative.dev/v1alpha1/namespaces/n/ingresses/f/status", func(_ http.ResponseWriter, r *http.Request) {
		var body struct{ Status status }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		if lists < 10 {
			t.Error("the ingress is called ready before it has an endpoint")
		}
		select {
		case told <- body.Status:
		default:
		}
	})
	server := httptest.NewServer(oneByOne(api))
	defer server.Close()
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	go NewController(&Client{server.URL, "token", server.Client()}, NewProxy()).Run(ctx)
	select {
	case <-ctx.Done():
		t.Fatal("the ingress does not become ready")
	case got := <-told:
		if got.ObservedGeneration != 2 || len(got.Conditions) != 3 || got.PrivateLoadBalancer.Ingress[0].DomainInternal != PrivateHost {
			t.Errorf("the status is %+v", got)
		}
	}
}

// oneByOne lets handlers share variables.
func oneByOne(h http.Handler) http.Handler {
	turn := make(chan struct{}, 1)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		turn <- struct{}{}
		defer func() { <-turn }()
		h.ServeHTTP(w, r)
	})
}
