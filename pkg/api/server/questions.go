package server

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"knelt.dev/events"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/ask"
	"knelt.dev/pkg/host"
)

func (s *Server) check(ctx context.Context, r *request) (any, error) {
	q, err := question(r, events.CheckRequested)
	if err != nil {
		return nil, err
	}
	status, err := s.Asker.Check(ctx, q)
	if err != nil {
		return nil, ask.Problem(err)
	}
	return api.CheckAnswer{Status: status.Status, Message: status.Message}, nil
}

func (s *Server) discover(ctx context.Context, r *request) (any, error) {
	q, err := question(r, events.DiscoverRequested)
	if err != nil {
		return nil, err
	}
	catalog, err := s.Asker.Discover(ctx, q)
	if err != nil {
		return nil, ask.Problem(err)
	}
	text, err := airbyte.Marshal(catalog)
	return json.RawMessage(text), err
}

func (s *Server) spec(ctx context.Context, r *request) (any, error) {
	q, err := question(r, events.CheckRequested)
	if err != nil {
		return nil, err
	}
	spec, err := s.Asker.Spec(ctx, q)
	if err != nil {
		return nil, ask.Problem(err)
	}
	text, err := airbyte.Marshal(spec)
	return json.RawMessage(text), err
}

// question reads what is asked, by the rules of the event that asks the same.
func question(r *request, eventType string) (events.Question, error) {
	var body api.Question
	if err := r.JSON(&body); err != nil {
		return events.Question{}, err
	}
	if (body.Resource == nil) == (body.Document == nil) {
		return events.Question{}, &host.Error{Cause: host.Invalid, Detail: "name a resource, or send a document"}
	}
	if body.Document != nil {
		if err := r.who.may(api.Admin, "a document in the request, which says what program is run,"); err != nil {
			return events.Question{}, err
		}
	}
	data := map[string]any{"due": time.Now(), "attempt": 1}
	if body.Resource != nil {
		data["resource"] = body.Resource
	} else {
		data["document"] = body.Document
	}
	e := event.New()
	e.SetID("posted")
	e.SetSource(string(events.FromAPI))
	e.SetType(eventType)
	if err := e.SetData(event.ApplicationJSON, data); err != nil {
		return events.Question{}, err
	}
	payload, err := events.Decode(e)
	if err != nil {
		return events.Question{}, err
	}
	switch p := payload.(type) {
	case *events.CheckRequest:
		return p.Question, nil
	case *events.DiscoverRequest:
		return p.Question, nil
	}
	return events.Question{}, fmt.Errorf("%s is no question", eventType)
}
