package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"knelt.dev/events"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/synclog"
)

// serving gives a client of a handler, which waits for nothing.
func serving(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c, err := New(s.URL, "the-token")
	if err != nil {
		t.Fatal(err)
	}
	c.pause = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	return c
}

// say writes an answer. A client that has left is one that wanted no more.
func say(w http.ResponseWriter, text string) { _, _ = io.WriteString(w, text) }

var ref = events.Ref{Namespace: "shop", Name: "orders"}

// replay answers as the document's examples do, and notes which operations were
// asked for.
func replay(t *testing.T, met map[api.OperationID]*http.Request) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, o := range api.Operations {
			pattern := "^" + regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(api.Base+o.Path, "[^/]+") + "$"
			if o.Method != r.Method || !regexp.MustCompile(pattern).MatchString(r.URL.Path) {
				continue
			}
			met[o.ID] = r
			w.Header().Set("Content-Type", "application/json")
			if o.Stream != nil {
				w.Header().Set("Content-Type", "text/event-stream")
				say(w, ": hello\n\n")
				for name := range o.Stream {
					if name != "end" {
						say(w, fmt.Sprintf("event: %s\ndata: %s\n\n", name, oneLine(t, string(o.ID)+"."+name)))
					}
				}
				say(w, fmt.Sprintf("event: end\ndata: %s\n\n", oneLine(t, string(o.ID)+".end")))
				return
			}
			text := oneLine(t, string(o.ID))
			if r.URL.Query().Has("cursor") || r.URL.Query().Get("offset") == "101" {
				text = `{"items":[],"offset":101}`
			}
			w.WriteHeader(o.Status)
			say(w, text)
			return
		}
		t.Errorf("%s %s is no operation", r.Method, r.URL)
	}
}

func oneLine(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../testdata/" + name + ".json")
	if err != nil {
		t.Error(err)
	}
	return strings.ReplaceAll(string(text), "\n", "")
}

// TestEveryOperationCanBeCalled also holds what is read against what was sent.
func TestEveryOperationCanBeCalled(t *testing.T) {
	met := map[api.OperationID]*http.Request{}
	c := serving(t, replay(t, met))
	ctx := t.Context()
	ok := func(what string, err error, good bool) {
		t.Helper()
		if err != nil || !good {
			t.Errorf("%s: %v %v", what, err, good)
		}
	}
	yes := true
	n := 0
	for row, err := range c.Connections(ctx, Filter{Search: "o", Statuses: []api.Status{api.Failed, api.Running}, Paused: &yes}) {
		n++
		ok("Connections", err, row.Name != "")
	}
	ok("Connections", nil, n == 3)
	for row, err := range c.Syncs(ctx, ref, 20) {
		ok("Syncs", err, row.ID == 42)
	}
	d, err := c.Connection(ctx, ref)
	ok("Connection", err, len(d.Streams) == 2)
	p, err := c.Pause(ctx, ref, true)
	ok("Pause", err, p.Name == "orders")
	_, err = c.Pause(ctx, ref, false)
	ok("Pause", err, true)
	s, err := c.State(ctx, ref)
	ok("State", err, s.Kind == "STREAM")
	s, err = c.SetState(ctx, ref, s.State)
	ok("SetState", err, len(s.State) > 0)
	y, err := c.Sync(ctx, ref, 42)
	ok("Sync", err, len(y.Attempts) == 2 && y.Attempts[1].Ledger.Total.Relayed == 1000)
	a, err := c.StartSync(ctx, ref, api.SyncWish{})
	ok("StartSync", err, a.Run != "")
	_, err = c.CancelSync(ctx, ref, 42)
	ok("CancelSync", err, true)
	check, err := c.Check(ctx, api.Question{})
	ok("Check", err, check.Status == "FAILED")
	catalog, err := c.Discover(ctx, api.Question{})
	ok("Discover", err, len(catalog.Streams) == 1)
	spec, err := c.Spec(ctx, api.Question{})
	ok("Spec", err, strings.Contains(string(spec), "connectionSpecification"))
	counts, err := c.Counts(ctx)
	ok("Counts", err, counts.Total == 10_000)
	v, err := c.Version(ctx)
	ok("Version", err, v.API == "v1")
	w, err := c.Whoami(ctx)
	ok("Whoami", err, len(w.Scopes) == 2)
	for r, err := range c.Sources(ctx) {
		ok("Sources", err, r.Name == "shop-db")
	}
	for r, err := range c.Destinations(ctx) {
		ok("Destinations", err, r.Name != "")
	}
	for e, err := range c.Logs(ctx, ref, 42, LogQuery{Attempt: 1, Level: synclog.Warn, Origins: []synclog.Origin{"source"}, Search: "x"}, 0) {
		ok("Logs", err, e.Message == "slow query")
	}
	for e, err := range c.FollowLogs(ctx, ref, 42, LogQuery{}) {
		ok("FollowLogs", err, e.Message == "slow query")
	}
	for e, err := range c.FollowSync(ctx, ref, 42) {
		ok("FollowSync", err, e.Records == 1000)
	}
	for _, o := range api.Operations {
		r, called := met[o.ID]
		if o.ID != api.FollowAll && !called {
			t.Errorf("%s was not called", o.ID)
			continue
		}
		if called && r.Header.Get("Authorization") != "Bearer the-token" {
			t.Errorf("%s brought no token", o.ID)
		}
		for name := range mustQuery(r) {
			if !strings.Contains(fmt.Sprint(o.Query), "{"+name+" ") {
				t.Errorf("%s has no parameter %s", o.ID, name)
			}
		}
	}
}

func mustQuery(r *http.Request) map[string][]string {
	if r == nil {
		return nil
	}
	return r.URL.Query()
}

func TestAnErrorTellsWhatTheProblemSays(t *testing.T) {
	c := serving(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusConflict)
		say(w, `{"type":"x","title":"Somebody else is at it","status":409,"detail":"it is being synced","errors":[{"pointer":"/a","detail":"no"}]}`)
	})
	_, err := c.StartSync(t.Context(), ref, api.SyncWish{})
	var e *Error
	if !errors.As(err, &e) || e.Status != 409 || e.RetryAfter != 7*time.Second || err.Error() != "it is being synced\n  /a: no" {
		t.Errorf("%#v", err)
	}
	proxy := serving(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>no</html>", http.StatusForbidden) })
	if _, err := proxy.Counts(t.Context()); err == nil || !strings.Contains(err.Error(), "403 Forbidden") {
		t.Errorf("%v", err)
	}
}

// TestWhatCanBeDoneTwiceIsSentAgain: and a start is sent again under its key.
func TestWhatCanBeDoneTwiceIsSentAgain(t *testing.T) {
	var keys []string
	c := serving(t, func(w http.ResponseWriter, r *http.Request) {
		keys = append(keys, r.Header.Get("Idempotency-Key"))
		if len(keys) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		say(w, `{"run":"a"}`)
	})
	if _, err := c.StartSync(t.Context(), ref, api.SyncWish{}); err != nil || len(keys) != 3 || keys[0] == "" || keys[0] != keys[2] {
		t.Errorf("%v %v", err, keys)
	}
	sent := 0
	c = serving(t, func(w http.ResponseWriter, _ *http.Request) {
		sent++
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	if _, err := c.CancelSync(t.Context(), ref, 1); err == nil || sent != 1 {
		t.Errorf("%v, sent %d times", err, sent)
	}
	sent = 0
	if _, err := c.Counts(t.Context()); err == nil || sent != tries {
		t.Errorf("%v, sent %d times", err, sent)
	}
}

// TestAStreamThatBreaksIsGoneOnWith: no line is missing and none comes twice.
func TestAStreamThatBreaksIsGoneOnWith(t *testing.T) {
	opened := 0
	c := serving(t, func(w http.ResponseWriter, r *http.Request) {
		opened++
		from, _ := strconv.Atoi(r.Header.Get("Last-Event-ID"))
		w.Header().Set("Content-Type", "text/event-stream")
		for i := from + 1; i <= min(from+3, 8); i++ {
			say(w, fmt.Sprintf("event: line\nid: %d\ndata: {\"message\":\"%d\"}\n\n", i, i))
		}
		switch {
		case opened == 1:
			say(w, "event: line\nid: 4\ndata: {\"mess") // and the connection breaks
		case from+3 < 8:
			say(w, "event: end\ndata: {}\n\n")
		default:
			say(w, "event: end\ndata: {\"status\":\"succeeded\"}\n\n")
		}
	})
	var got []string
	for e, err := range c.FollowLogs(t.Context(), ref, 1, LogQuery{}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.Message)
	}
	if strings.Join(got, "") != "12345678" || opened != 3 {
		t.Errorf("%v in %d streams", got, opened)
	}
}

func TestAStreamThatBringsNothingIsGivenUp(t *testing.T) {
	opened := 0
	c := serving(t, func(w http.ResponseWriter, _ *http.Request) {
		opened++
		w.Header().Set("Content-Type", "text/event-stream")
		say(w, ": hello\n\n")
	})
	var last error
	for _, err := range c.FollowSync(t.Context(), ref, 1) {
		last = err
	}
	if !errors.Is(last, errCutShort) || opened != followTries+1 {
		t.Errorf("%v after %d", last, opened)
	}
}

func TestATokenStaysWithItsServer(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("a request came elsewhere: %v", r.Header)
	}))
	defer elsewhere.Close()
	c := serving(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	if _, err := c.Counts(t.Context()); err == nil {
		t.Error("no error")
	}
}

func TestURLsThatCannotBe(t *testing.T) {
	for _, base := range []string{"", "localhost:8080", "ftp://a", "http://", "http://user:word@a", "http://a b"} {
		if _, err := New(base, ""); err == nil {
			t.Errorf("%q is one", base)
		}
	}
}
