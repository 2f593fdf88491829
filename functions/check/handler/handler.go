// Package handler is the check function: does the config of a Source or
// Destination work?
package handler

import (
	"context"
	"net/http"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"knelt.dev/events"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/ask"
	"knelt.dev/pkg/host"
)

// Handler answers questions. It is safe for concurrent use.
type Handler struct{ ask.Asker }

// Function is what a host serves:
//
//	POST /      an event dev.knelt.check.requested; or a Source or Destination, or
//	            {"resource": {...}} to name one, as JSON. The answer to that is the
//	            connector's CONNECTION_STATUS: {"status": "FAILED", "message": ...}
//	            is an answer, too, and its status 200.
//	POST /spec  the same without an event; the answer is the connector's spec.
func (h *Handler) Function() host.Function {
	return host.Function{
		Name: "check", Handle: h.Handle, Post: h.post,
		Routes: []host.Route{{Method: http.MethodPost, Path: "/spec", Handle: h.spec}},
	}
}

// Handle answers check.requested by check.succeeded or check.failed.
func (h *Handler) Handle(ctx context.Context, e event.Event) (*event.Event, error) {
	p, err := events.Decode(e)
	if err != nil {
		return nil, err
	}
	request, ok := p.(*events.CheckRequest)
	if !ok {
		return nil, &events.UnknownTypeError{Type: e.Type(), Known: []string{events.CheckRequested}}
	}
	result := &events.CheckResult{Asked: request.Asked, Started: time.Now()}
	status, err := h.Check(ctx, request.Question)
	switch failure := ask.Failure(err); {
	case failure != nil:
		result.Failure = failure
	case err != nil:
		return nil, err
	case status.Status != airbyte.CheckSucceeded:
		result.Failure = &events.Failure{Type: airbyte.ConfigError, Message: status.Message}
	}
	result.Ended = time.Now()
	reply, err := events.New(events.Origin{Source: events.FromCheck, Cause: &e}, result)
	return &reply, err
}

func (h *Handler) post(ctx context.Context, c *host.Call) (*host.Response, error) {
	p, err := ask.Plain(c, events.CheckRequested)
	if err != nil {
		return nil, err
	}
	status, err := h.Check(ctx, p.(*events.CheckRequest).Question)
	if err != nil {
		return nil, ask.Problem(err)
	}
	return host.JSON(http.StatusOK, status)
}

func (h *Handler) spec(ctx context.Context, c *host.Call) (*host.Response, error) {
	p, err := ask.Plain(c, events.CheckRequested)
	if err != nil {
		return nil, err
	}
	spec, err := h.Spec(ctx, p.(*events.CheckRequest).Question)
	if err != nil {
		return nil, ask.Problem(err)
	}
	return host.JSON(http.StatusOK, spec)
}
