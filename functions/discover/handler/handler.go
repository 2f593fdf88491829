// Package handler is the discover function: which streams has a Source?
package handler

import (
	"context"
	"encoding/json"
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
//	POST /  an event dev.knelt.discover.requested; or a Source, or
//	        {"resource": {...}} to name one, as JSON. The answer to that is the
//	        connector's CATALOG.
func (h *Handler) Function() host.Function {
	return host.Function{Name: "discover", Handle: h.Handle, Post: h.post}
}

// Handle answers discover.requested by discover.succeeded or discover.failed.
func (h *Handler) Handle(ctx context.Context, e event.Event) (*event.Event, error) {
	p, err := events.Decode(e)
	if err != nil {
		return nil, err
	}
	request, ok := p.(*events.DiscoverRequest)
	if !ok {
		return nil, &events.UnknownTypeError{Type: e.Type(), Known: []string{events.DiscoverRequested}}
	}
	result := &events.DiscoverResult{Asked: request.Asked, Started: time.Now()}
	catalog, err := h.Discover(ctx, request.Question)
	if failure := ask.Failure(err); failure != nil {
		result.Failure = failure
	} else if err != nil {
		return nil, err
	} else if err := put(result, catalog); err != nil {
		return nil, err
	}
	result.Ended = time.Now()
	reply, err := events.New(events.Origin{Source: events.FromDiscover, Cause: &e}, result)
	return &reply, err
}

// put puts the catalog into the result.
func put(r *events.DiscoverResult, catalog airbyte.StreamCatalog) error {
	text, err := airbyte.Marshal(catalog)
	r.Streams, r.Catalog = len(catalog.Streams), text
	return err
}

func (h *Handler) post(ctx context.Context, c *host.Call) (*host.Response, error) {
	p, err := ask.Plain(c, events.DiscoverRequested)
	if err != nil {
		return nil, err
	}
	catalog, err := h.Discover(ctx, p.(*events.DiscoverRequest).Question)
	if err != nil {
		return nil, ask.Problem(err)
	}
	text, err := airbyte.Marshal(catalog)
	if err != nil {
		return nil, err
	}
	return host.JSON(http.StatusOK, json.RawMessage(text))
}
