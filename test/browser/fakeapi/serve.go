package fakeapi

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"knelt.dev/pkg/api"
	"knelt.dev/pkg/host"
)

const base = api.Base

// routes are the API's, as far as the dashboard uses them.
func (w *World) routes() []host.Route {
	const connection = "/connections/:namespace/:name"
	const sync = connection + "/syncs/:id"
	read, run, admin := "read", "run", "admin"
	paging := []string{"limit", "cursor"}
	lines := []string{"attempt", "level", "origin", "search", "since"}
	return []host.Route{
		w.route(http.MethodGet, "/whoami", read, w.whoami),
		w.route(http.MethodGet, "/counts", read, w.counts),
		w.route(http.MethodGet, "/events", read, w.events),
		w.route(http.MethodGet, "/connections", read, w.list, append(paging, "search", "status", "paused")...),
		w.route(http.MethodGet, connection, read, w.of(w.detail)),
		w.route(http.MethodGet, connection+"/state", read, w.of(w.state)),
		w.route(http.MethodPut, connection+"/state", admin, w.of(w.putState)),
		w.route(http.MethodPost, connection+"/pause", run, w.of(pausing(true))),
		w.route(http.MethodPost, connection+"/resume", run, w.of(pausing(false))),
		w.route(http.MethodGet, connection+"/syncs", read, w.of(w.syncs), paging...),
		w.route(http.MethodPost, connection+"/syncs", run, w.of(w.startSync)),
		w.route(http.MethodGet, sync, read, w.of(w.sync)),
		w.route(http.MethodPost, sync+"/cancel", run, w.of(w.cancel)),
		w.route(http.MethodGet, sync+"/events", read, w.of(w.progress)),
		w.route(http.MethodGet, sync+"/logs", read, w.of(w.logs), append(lines, "offset", "limit")...),
		w.route(http.MethodGet, sync+"/logs/follow", read, w.of(w.follow), append(lines, "tail")...),
		w.route(http.MethodGet, "/sources", read, w.resources("Source"), paging...),
		w.route(http.MethodGet, "/destinations", read, w.resources("Destination"), paging...),
		w.route(http.MethodPost, "/check", run, w.check),
	}
}

// route is one way in: the token, its scope, the parameters that it knows, and
// what trouble is wanted.
func (w *World) route(method, path, scope string, handle host.HTTPHandler, parameters ...string) host.Route {
	return host.Route{Method: method, Path: base + path, Handle: func(ctx context.Context, c *host.Call) (*host.Response, error) {
		if err := w.allow(c, scope); err != nil {
			return nil, err
		}
		if err := known(c, parameters); err != nil {
			return nil, err
		}
		if method == http.MethodPost {
			w.mu.Lock()
			w.keys = append(w.keys, c.Header.Get("Idempotency-Key"))
			w.mu.Unlock()
		}
		t := w.troubleOf(strings.TrimPrefix(c.Path, base+"/"))
		if t.held != nil {
			select {
			case <-t.held:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		if t.err != nil {
			return nil, t.err
		}
		if raw, ok := t.answer.([]byte); ok {
			return &host.Response{Header: http.Header{"Content-Type": {"text/html"}}, Body: raw}, nil
		}
		if t.answer != nil {
			return host.JSON(http.StatusOK, t.answer)
		}
		if method != http.MethodGet {
			w.mu.Lock()
			w.posts = append(w.posts, strings.TrimPrefix(c.Path, base+"/")+" "+string(c.Body))
			w.mu.Unlock()
		}
		return handle(ctx, c)
	}}
}

// known refuses what the API refuses: a parameter it does not know, a page of
// no size or too large a one.
func known(c *host.Call, parameters []string) error {
	for name := range c.Query {
		if !slices.Contains(parameters, name) {
			return host.Because(host.Undecodable, fmt.Errorf("there is no parameter %s", name))
		}
	}
	if n := number(c, "limit", 50); n < 1 || n > 500 {
		return host.Because(host.Undecodable, errors.New("limit must be 1 to 500"))
	}
	return nil
}

func (w *World) allow(c *host.Call, scope string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	given, _ := strings.CutPrefix(c.Header.Get("Authorization"), "Bearer ")
	switch {
	case w.Token == "":
	case given == "":
		return host.Because(host.Unauthenticated, errors.New("a token is needed"))
	case subtle.ConstantTimeCompare([]byte(given), []byte(w.Token)) == 0:
		return host.Because(host.Unauthenticated, errors.New("the token is not known"))
	}
	if !slices.Contains(w.Scopes, scope) {
		return host.Because(host.Forbidden, fmt.Errorf("the scope %q is needed", scope))
	}
	return nil
}

// of finds the connection that a path names. The lock is held while it is
// answered; what is streamed takes it itself.
func (w *World) of(handle func(*host.Call, *Connection) (*host.Response, error)) host.HTTPHandler {
	return func(_ context.Context, call *host.Call) (*host.Response, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		c := w.find(call.Params["namespace"], call.Params["name"])
		if c == nil {
			return nil, host.Because(host.NotFound, fmt.Errorf("there is no connection %s/%s", call.Params["namespace"], call.Params["name"]))
		}
		return handle(call, c)
	}
}

func (w *World) whoami(context.Context, *host.Call) (*host.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	name := "loopback"
	if w.Token != "" {
		name = "dashboard"
	}
	return host.JSON(http.StatusOK, map[string]any{"name": name, "scopes": w.Scopes})
}

func (w *World) counts(context.Context, *host.Call) (*host.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := Counts{Total: len(w.connections)}
	for _, c := range w.connections {
		n.Running += one(c.Status == "running")
		n.Failed += one(c.Status == "failed")
		n.Incomplete += one(c.Status == "incomplete")
		n.Paused += one(c.Paused)
		n.Succeeded24h += one(c.Last != nil && c.Last.Status == "succeeded" && time.Since(c.Last.Ended) < 24*time.Hour)
	}
	return host.JSON(http.StatusOK, n)
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (w *World) list(_ context.Context, call *host.Call) (*host.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var chosen []*Connection
	for _, c := range w.connections {
		if matches(c, call) {
			chosen = append(chosen, c)
		}
	}
	return paged(call, chosen)
}

func matches(c *Connection, call *host.Call) bool {
	q := call.Query
	if statuses := q["status"]; len(statuses) > 0 && !slices.Contains(statuses, string(c.Status)) {
		return false
	}
	if paused := q.Get("paused"); paused != "" && (paused == "true") != c.Paused {
		return false
	}
	text := strings.ToLower(strings.Join([]string{c.Namespace, c.Name, c.Source, c.Destination}, "\n"))
	return strings.Contains(text, strings.ToLower(q.Get("search")))
}

// paged answers with the part of a list that is asked for. A cursor is the
// number of items before it.
func paged[T any](call *host.Call, all []T) (*host.Response, error) {
	limit := number(call, "limit", 50)
	from := min(number(call, "cursor", 0), len(all))
	p := api.Page[T]{Items: []T{}}
	p.Items = append(p.Items, all[from:min(from+limit, len(all))]...)
	if from+limit < len(all) {
		p.Next = strconv.Itoa(from + limit)
	}
	return host.JSON(http.StatusOK, p)
}

func number(call *host.Call, name string, otherwise int) int {
	n, err := strconv.Atoi(call.Query.Get(name))
	if err != nil {
		return otherwise
	}
	return n
}
