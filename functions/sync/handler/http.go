package handler

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"knelt.dev/events"
	"knelt.dev/pkg/host"
)

// Function is what a host serves:
//
//	POST /        events: dev.knelt.sync.requested and .continued
//	POST /syncs   the data of a sync.requested, of which due (now), attempt (1)
//	              and reason (manual) may be left out. The answer is the data of
//	              the result, 200; or of sync.continued, 202, if the request's time
//	              was up before. With the header "Prefer: respond-async" (RFC
//	              7240) it is an empty 202 at once.
//	POST /continuations  the data of a sync.continued; always answered at once.
func (h *Handler) Function() host.Function {
	return host.Function{
		Name: "sync", Handle: h.Handle,
		Routes: []host.Route{
			{Method: http.MethodPost, Path: "/syncs", Handle: h.post},
			{Method: http.MethodPost, Path: "/continuations", Handle: h.goOn},
		},
	}
}

func (h *Handler) post(ctx context.Context, c *host.Call) (*host.Response, error) {
	request := map[string]json.RawMessage{}
	if err := c.JSON(&request); err != nil {
		return nil, err
	}
	now, err := json.Marshal(time.Now())
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]json.RawMessage{"due": now, "attempt": []byte("1"), "reason": []byte(`"manual"`)} {
		if _, is := request[name]; !is {
			request[name] = value
		}
	}
	a, err := plain(events.SyncRequested, request)
	if err != nil {
		return nil, err
	}
	if strings.Contains(strings.ToLower(c.Header.Get("Prefer")), "respond-async") {
		return h.accept(ctx, a), nil
	}
	told, err := h.Run(ctx, a)
	if err != nil {
		return nil, err
	}
	if err := h.tell(ctx, a, told); err != nil {
		// The answer has it: to refuse that would only have the sync asked for again.
		host.Log(ctx).Warn("the sink was not told how a sync ended", "connection", a.Request.Subject(), "error", err)
	}
	status := http.StatusOK
	if _, continued := told.(*events.SyncContinuation); continued {
		status = http.StatusAccepted
	}
	return host.JSON(status, told)
}

func (h *Handler) goOn(ctx context.Context, c *host.Call) (*host.Response, error) {
	continuation := map[string]json.RawMessage{}
	if err := c.JSON(&continuation); err != nil {
		return nil, err
	}
	a, err := plain(events.SyncContinued, continuation)
	if err != nil {
		return nil, err
	}
	return h.accept(ctx, a), nil
}

// plain reads what was posted as the data of an event, by the same rules.
func plain(eventType string, data map[string]json.RawMessage) (Asked, error) {
	e := event.New()
	e.SetID("posted")
	e.SetSource(string(events.FromAPI))
	e.SetType(eventType)
	if err := e.SetData(event.ApplicationJSON, data); err != nil {
		return Asked{}, err
	}
	a, err := asked(e)
	a.Cause = nil
	return a, err
}

// accept carries a request out behind the answer. Wait waits for it.
func (h *Handler) accept(ctx context.Context, a Asked) *host.Response {
	ctx = context.WithoutCancel(ctx)
	h.behind.Go(func() {
		told, err := h.Run(ctx, a)
		if err == nil {
			err = h.tell(ctx, a, told)
		}
		if err != nil {
			host.Log(ctx).Error("a sync behind its answer", "connection", a.Request.Subject(), "error", err)
		}
	})
	return &host.Response{Status: http.StatusAccepted}
}

// Wait waits for what is carried out behind answers. It is for the end of the
// process, once the host has stopped: then those are left to successors.
func (h *Handler) Wait() { h.behind.Wait() }
