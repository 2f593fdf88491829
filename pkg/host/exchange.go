package host

import (
	"crypto/rand"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// exchange is one request and its answer.
type exchange struct {
	host     *Host
	fiber    *fiber.Ctx
	function string
	id       string
	started  time.Time
	method   string
	path     string
	// toEvent tells that the request is an event, as far as is known.
	toEvent bool
	quiet   bool
	status  int
	// attrs say in the log which event it is.
	attrs []any
}

const requestIDHeader = "X-Request-Id"

var goodID = regexp.MustCompile(`^[A-Za-z0-9._:/+=-]{1,128}$`)

// begin copies what is needed of a request: Fiber's values are gone with the
// handler.
func (h *Host) begin(c *fiber.Ctx, function string) *exchange {
	x := &exchange{
		host: h, fiber: c, function: function, started: time.Now(),
		method: strings.Clone(c.Method()), path: string(c.Request().URI().Path()),
		id: strings.Clone(c.Get(requestIDHeader)),
	}
	if !goodID.MatchString(x.id) {
		x.id = rand.Text()
	}
	return x
}

// log is the logger of the exchange.
func (x *exchange) log() *slog.Logger {
	return x.host.cfg.Log.With("function", x.function, "request", x.id).With(x.attrs...)
}

// write puts an answer on its way.
func (x *exchange) write(r *Response) {
	c := x.fiber
	x.status = r.Status
	if x.status == 0 {
		x.status = http.StatusOK
	}
	c.Status(x.status)
	for name, values := range r.Header {
		for _, v := range values {
			c.Response().Header.Add(name, v)
		}
	}
	c.Set(requestIDHeader, x.id)
	if x.host.gate.isClosed() {
		c.Context().SetConnectionClose()
	}
	if r.Stream == nil {
		c.Response().SetBodyRaw(r.Body)
	}
}

// end writes the line of the log: no bodies, no query, nothing that could be a
// secret.
func (x *exchange) end(err error) {
	level := slog.LevelInfo
	switch {
	case x.quiet:
		level = slog.LevelDebug
	case x.status >= 500:
		level = slog.LevelError
	case x.status >= 400:
		level = slog.LevelWarn
	}
	attrs := []any{"method", x.method, "path", x.path, "status", x.status, "duration", time.Since(x.started)}
	if err != nil {
		attrs = append(attrs, "error", err.Error())
	}
	x.log().Log(x.host.base, level, "request", attrs...)
}
