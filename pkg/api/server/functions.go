package server

import (
	"context"
	"errors"
	"strings"

	"knelt.dev/events"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/api/client"
	"knelt.dev/pkg/host"
)

// Functions is an Asker where other functions ask connectors: check, which knows
// specs too, and discover.
type Functions struct{ CheckWith, DiscoverWith *client.Function }

// asked is what is posted: the document itself, or the name of one.
func asked(q events.Question) any {
	if q.Document != nil {
		return q.Document
	}
	return map[string]events.Resource{"resource": q.Resource}
}

// Check implements Asker.
func (f Functions) Check(ctx context.Context, q events.Question) (*airbyte.ConnectionStatusResult, error) {
	a, err := f.CheckWith.Check(ctx, asked(q))
	return &airbyte.ConnectionStatusResult{Status: a.Status, Message: a.Message}, passedOn(err)
}

// Discover implements Asker.
func (f Functions) Discover(ctx context.Context, q events.Question) (airbyte.StreamCatalog, error) {
	catalog, err := f.DiscoverWith.Discover(ctx, asked(q))
	return catalog, passedOn(err)
}

// Spec implements Asker.
func (f Functions) Spec(ctx context.Context, q events.Question) (*airbyte.ConnectorSpecification, error) {
	text, err := f.CheckWith.Spec(ctx, asked(q))
	if err != nil {
		return nil, passedOn(err)
	}
	spec := &airbyte.ConnectorSpecification{}
	return spec, airbyte.Unmarshal(text, spec)
}

// passedOn gives a function's problem to whoever asked us. What is not one, or is
// our own mistake towards the function, is told as its being out of reach.
func passedOn(err error) error {
	var told *client.Error
	if err == nil {
		return nil
	}
	if !errors.As(err, &told) {
		return &host.Error{Cause: host.Unavailable, Detail: "the function that asks connectors cannot be reached", Err: err}
	}
	cause := host.Cause(told.Type[strings.LastIndexByte(told.Type, '/')+1:])
	switch cause {
	case host.Invalid, host.NotFound, host.Connector, host.Held, host.RateLimited, host.Unavailable, host.Deadline:
	default:
		return &host.Error{Cause: host.Connector, Detail: "the function that asks connectors failed", Err: err}
	}
	made := &host.Error{Cause: cause, Detail: told.Detail, RetryAfter: told.RetryAfter, Err: err}
	for _, f := range told.Errors {
		made.Fields = append(made.Fields, host.Field{Pointer: f.Pointer, Field: f.Field, Detail: f.Detail})
	}
	return made
}
