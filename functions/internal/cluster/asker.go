package cluster

import (
	"context"
	"errors"

	"knelt.dev/events"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/api/client"
	"knelt.dev/pkg/host"
)

// Asker asks connectors by the functions check and discover: the control plane
// starts no pods.
func (p *Planner) Asker() FunctionAsker {
	return FunctionAsker{CheckURL: p.Settings.Check, DiscoverURL: p.Settings.Discover}
}

// FunctionAsker implements server.Asker. It has the functions' URLs.
type FunctionAsker struct{ CheckURL, DiscoverURL string }

// Check asks whether a config works.
func (a FunctionAsker) Check(ctx context.Context, q events.Question) (*airbyte.ConnectionStatusResult, error) {
	f, err := function(a.CheckURL, "KNELT_CHECK")
	if err != nil {
		return nil, err
	}
	answer, err := f.Check(ctx, posted(q))
	return &airbyte.ConnectionStatusResult{Status: answer.Status, Message: answer.Message}, passedOn(err)
}

// Discover asks for a catalog.
func (a FunctionAsker) Discover(ctx context.Context, q events.Question) (airbyte.StreamCatalog, error) {
	f, err := function(a.DiscoverURL, "KNELT_DISCOVER")
	if err != nil {
		return airbyte.StreamCatalog{}, err
	}
	catalog, err := f.Discover(ctx, posted(q))
	return catalog, passedOn(err)
}

// Spec asks for a spec.
func (a FunctionAsker) Spec(ctx context.Context, q events.Question) (*airbyte.ConnectorSpecification, error) {
	f, err := function(a.CheckURL, "KNELT_CHECK")
	if err != nil {
		return nil, err
	}
	text, err := f.Spec(ctx, posted(q))
	if err != nil {
		return nil, passedOn(err)
	}
	spec := &airbyte.ConnectorSpecification{}
	return spec, airbyte.Unmarshal(text, spec)
}

func function(url, variable string) (*client.Function, error) {
	if url == "" {
		return nil, &host.Error{Cause: host.Unavailable, Detail: "this installation asks no connectors: " + variable + " names no function"}
	}
	return client.NewFunction(url)
}

// posted is what a function takes: a document, or the name of one.
func posted(q events.Question) any {
	switch {
	case q.Document == nil:
		return map[string]any{"resource": q.Resource}
	case q.Document.Source != nil:
		return q.Document.Source
	}
	return q.Document.Destination
}

// passedOn has an answer of a function be that of the API.
func passedOn(err error) error {
	var answer *client.Error
	if !errors.As(err, &answer) {
		return err
	}
	e := &host.Error{Cause: host.CauseOf(answer.Status), Detail: answer.Detail, RetryAfter: answer.RetryAfter, Err: err}
	for _, f := range answer.Errors {
		e.Fields = append(e.Fields, host.Field{Pointer: f.Pointer, Field: f.Field, Detail: f.Detail})
	}
	return e
}
