package host

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v2"
)

// serve handles the requests of one path.
func (h *Host) serve(p *path) fiber.Handler {
	return func(c *fiber.Ctx) error {
		x := h.begin(c, p.function)
		if x.method == http.MethodOptions {
			x.quiet = true
			x.write(&Response{Status: http.StatusNoContent, Header: http.Header{"Allow": {p.allowed()}}})
			x.end(nil)
			return nil
		}
		w, err := p.find(x.method)
		if err != nil {
			x.fail(context.Background(), err)
			c.Set("Allow", p.allowed())
			return nil
		}
		x.quiet = w.probe
		x.handle(p, w)
		return nil
	}
}

// handle lets a request in and does its work.
func (x *exchange) handle(p *path, w work) {
	if !w.probe {
		if err := x.host.gate.enter(); err != nil {
			x.fail(context.Background(), err)
			return
		}
	}
	done := x.cleanup(w.probe)
	in := x.read(p)
	w = w.of(in)
	x.toEvent = w.event != nil
	m := x.message(w, in)
	ctx, span := x.startSpan(in, m)
	ctx, release := x.context(ctx)
	done.add(release)
	r, err := x.work(ctx, w, in, m)
	if err == nil && r.Stream != nil && x.method != http.MethodHead {
		x.write(r)
		x.stream(ctx, r.Stream, func(err error) { span.end(x, err); done.run(); x.end(err) })
		return
	}
	if err != nil {
		x.answerTo(ctx, err)
	} else {
		x.write(r)
	}
	span.end(x, err)
	done.run()
	x.end(err)
}

// cleanups are run once, last first.
type cleanups struct {
	once sync.Once
	all  []func()
}

func (c *cleanups) add(f func()) { c.all = append(c.all, f) }

func (c *cleanups) run() {
	c.once.Do(func() {
		for i := range c.all {
			c.all[len(c.all)-1-i]()
		}
	})
}

func (x *exchange) cleanup(probe bool) *cleanups {
	c := &cleanups{}
	if !probe {
		c.add(x.host.gate.leave)
	}
	return c
}

// fail answers a request that was not let in.
func (x *exchange) fail(ctx context.Context, err error) {
	x.answerTo(ctx, err)
	x.end(err)
}

// answerTo answers with an error by the table.
func (x *exchange) answerTo(ctx context.Context, err error) {
	x.write(classify(ctx, err).answer(x.toEvent, x.id))
}

// read copies the request.
func (x *exchange) read(p *path) *Call {
	c := x.fiber
	in := &Call{
		Method: x.method, Path: "/" + strings.TrimLeft(strings.TrimPrefix(x.path, p.prefix), "/"),
		Params: map[string]string{}, Header: http.Header{}, Body: bytes.Clone(c.Request().Body()),
	}
	for name, value := range c.AllParams() {
		in.Params[strings.Clone(name)] = unescaped(value)
	}
	c.Request().Header.VisitAll(func(name, value []byte) { in.Header.Add(string(name), string(value)) })
	// What is not understood of a query is left out, as net/http does.
	in.Query, _ = url.ParseQuery(string(c.Request().URI().QueryString()))
	return in
}

// unescaped copies first: what holds no escape is given back as it is.
func unescaped(param string) string {
	param = strings.Clone(param)
	if text, err := url.PathUnescape(param); err == nil {
		return text
	}
	return param
}

// context makes a handler's context, and what ends all that belongs to it.
func (x *exchange) context(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	release := cleanups{}
	release.add(func() { cancel(nil) })
	if limit := x.host.cfg.RequestTimeout; limit > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithDeadline(ctx, x.started.Add(limit-x.host.cfg.Margin))
		release.add(stop)
	}
	if wc := connOf(x.fiber.Context()); wc != nil {
		release.add(wc.watch(func() { cancel(ErrClientGone) }))
	}
	ctx = context.WithValue(ctx, contextKey{}, scope{draining: x.host.gate.draining, log: x.log(), requestID: x.id})
	return ctx, release.run
}

// work runs the handler. A panic is an error.
func (x *exchange) work(ctx context.Context, w work, in *Call, m message) (r *Response, err error) {
	defer func() {
		if p := recover(); p != nil {
			x.panicked(p)
			r, err = nil, Because(Internal, fmt.Errorf("panic: %v", p))
		}
	}()
	if w.event != nil {
		return m.handle(ctx, w.event)
	}
	r, err = w.plain(ctx, in)
	if r == nil && err == nil {
		r = &Response{Status: http.StatusNoContent}
	}
	return r, err
}

func (x *exchange) panicked(p any) {
	x.log().Error("panic", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
}

func tooLarge(cfg Config) *Error {
	return &Error{Cause: TooLarge, Detail: fmt.Sprintf("the body has more than %d bytes", cfg.BodyLimit)}
}
