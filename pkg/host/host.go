package host

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
	"go.opentelemetry.io/otel/metric"
)

const (
	// idleTimeout is longer than proxies keep idle connections (Go's transport,
	// and so Knative's queue-proxy, 90 s): a server that closes first does it
	// while a request is on its way, which then fails.
	idleTimeout = 3 * time.Minute
	// headerLimit has room for tokens and traces; Fiber's own is 4 KiB.
	headerLimit = 32 << 10
)

// Host serves functions. Make it by New.
type Host struct {
	cfg       Config
	app       *fiber.App
	functions []Function
	gate      gate
	duration  metric.Float64Histogram
	// base is the context of all requests, until the host ends.
	base context.Context
	stop context.CancelCauseFunc
	// aborted is closed when nobody is to be waited for any more.
	aborted context.Context
	abort   context.CancelFunc
}

// New mounts functions: each at its own prefix (Under), several of them in one
// process. The error is a mistake in the settings or in the routes.
func New(cfg Config, functions ...Function) (*Host, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	h := &Host{cfg: cfg, functions: functions, gate: newGate(cfg.Concurrency)}
	h.base, h.stop = context.WithCancelCause(context.Background())
	h.aborted, h.abort = context.WithCancel(context.Background())
	h.app = fiber.New(fiber.Config{
		BodyLimit: cfg.BodyLimit, ReadBufferSize: headerLimit,
		ReadTimeout: cfg.ReadTimeout, IdleTimeout: idleTimeout,
		CaseSensitive: true, DisableStartupMessage: true, DisablePreParseMultipartForm: true,
		ErrorHandler: h.refuse,
	})
	paths, err := h.paths()
	if err = errors.Join(err, h.instruments()); err != nil {
		return nil, err
	}
	for _, p := range paths {
		h.app.All(p.path, h.serve(p))
	}
	h.app.Use(func(*fiber.Ctx) error { return fiber.ErrNotFound })
	return h, nil
}

// path is what is served at one path, by method.
type path struct {
	path, prefix string
	function     string
	methods      map[string]work
}

// work is what is done for a request.
type work struct {
	event Handler
	plain HTTPHandler
	// probe tells that it is served whatever the limits say, and not logged.
	probe bool
}

// of gives the work for a request where a path does two kinds of it.
func (w work) of(in *Call) work {
	if w.event == nil || w.plain == nil {
		return w
	}
	if looksLikeEvent(in.Header) {
		w.plain = nil
	} else {
		w.event = nil
	}
	return w
}

// looksLikeEvent tells whether a request is meant as an event, a good one or not.
func looksLikeEvent(h http.Header) bool {
	if strings.HasPrefix(h.Get("Content-Type"), cloudEventsType) {
		return true
	}
	for name := range h {
		if strings.HasPrefix(name, "Ce-") {
			return true
		}
	}
	return false
}

// paths lists what is served, probes first.
func (h *Host) paths() ([]*path, error) {
	all := []*path{
		{path: "/healthz", function: "host", methods: map[string]work{http.MethodGet: {plain: h.live, probe: true}}},
		{path: "/readyz", function: "host", methods: map[string]work{http.MethodGet: {plain: h.ready, probe: true}}},
	}
	add := func(f Function, method, at string, w work) error {
		at = "/" + strings.Trim(f.prefix+at, "/")
		i := slices.IndexFunc(all, func(p *path) bool { return p.path == at })
		if i < 0 {
			i, all = len(all), append(all, &path{path: at, prefix: f.prefix, function: f.Name, methods: map[string]work{}})
		}
		if _, twice := all[i].methods[method]; twice {
			return errors.New("two functions or routes for " + method + " " + at)
		}
		all[i].methods[method] = w
		return nil
	}
	for _, f := range h.functions {
		var err error
		if f.Handle != nil || f.Post != nil {
			err = add(f, http.MethodPost, "/", work{event: f.Handle, plain: f.Post})
		}
		for _, r := range f.Routes {
			err = errors.Join(err, add(f, r.Method, r.Path, work{plain: r.Handle}))
		}
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// find gives what a method does at a path.
func (p *path) find(method string) (work, error) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if w, ok := p.methods[method]; ok {
		return w, nil
	}
	return work{}, &Error{Cause: Method, Detail: "allowed are " + p.allowed()}
}

func (p *path) allowed() string {
	methods := []string{http.MethodOptions}
	for m := range p.methods {
		methods = append(methods, m)
		if m == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
	}
	slices.Sort(methods)
	return strings.Join(methods, ", ")
}

// refuse answers requests that reach no handler: unknown paths, and what the
// server refuses to read.
func (h *Host) refuse(c *fiber.Ctx, err error) error {
	x := h.begin(c, "host")
	e := refusal(err, h.cfg)
	x.write(e.answer(false, x.id))
	x.end(err)
	if wc := connOf(c.Context()); wc != nil && e.Cause != NotFound {
		wc.linger() // the server closes it, with the request half read
	}
	return nil
}

func refusal(err error, cfg Config) *Error {
	var status *fiber.Error
	if !errors.As(err, &status) {
		return &Error{Cause: Internal, Err: err}
	}
	switch status.Code {
	case http.StatusNotFound:
		return &Error{Cause: NotFound, Detail: "there is nothing at this path"}
	case http.StatusRequestEntityTooLarge:
		return tooLarge(cfg)
	case http.StatusRequestHeaderFieldsTooLarge:
		return &Error{Cause: HeaderTooLarge}
	case http.StatusRequestTimeout:
		return &Error{Cause: SlowRequest}
	case http.StatusBadGateway: // Fiber's word for a connection that broke
		return &Error{Cause: ClientGone}
	}
	return &Error{Cause: Undecodable, Detail: "this is not a request of HTTP/1.1"}
}

// connOf gives the connection of a request; nil if it is not one of a listener
// of ours.
func connOf(c *fasthttp.RequestCtx) *conn {
	wc, ok := c.Conn().(*conn)
	if !ok {
		return nil
	}
	return wc
}

// listen opens the address of the settings, for IPv4 and IPv6 where the host is
// left out.
func (h *Host) listen(ctx context.Context) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp", h.cfg.Addr)
}
