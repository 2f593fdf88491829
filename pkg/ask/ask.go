// Package ask is what the functions check and discover have in common: a
// question about a Source or Destination, which an event or a plain request
// brings, and what it means when a connector does not answer it.
package ask

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"knelt.dev/events"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/host"
	"knelt.dev/pkg/replication"
)

// Engine asks connectors; *engine.Engine is one.
type Engine interface {
	Source(ctx context.Context, s *connection.Source, r *connection.Redactor) (*engine.End, error)
	Destination(ctx context.Context, d *connection.Destination, r *connection.Redactor) (*engine.End, error)
	Spec(ctx context.Context, end *engine.End, log engine.LogFunc) (*airbyte.ConnectorSpecification, error)
	Check(ctx context.Context, end *engine.End, log engine.LogFunc) (*airbyte.ConnectionStatusResult, error)
	Discover(ctx context.Context, end *engine.End, log engine.LogFunc) (airbyte.StreamCatalog, error)
}

// Resources finds the document that a question does not bring.
type Resources interface {
	Resource(ctx context.Context, r events.Resource) (*events.Document, error)
}

// Asker prepares questions.
type Asker struct {
	Engine    Engine
	Resources Resources
}

// End prepares what a question is about.
func (a Asker) End(ctx context.Context, q events.Question) (*engine.End, error) {
	d := q.Document
	if d == nil {
		var err error
		if d, err = a.Resources.Resource(ctx, q.Resource); err != nil {
			return nil, err
		}
	}
	if d.Source != nil {
		return a.Engine.Source(ctx, d.Source, connection.NewRedactor())
	}
	return a.Engine.Destination(ctx, d.Destination, connection.NewRedactor())
}

// Check asks whether a config works. A check that FAILED is an answer.
func (a Asker) Check(ctx context.Context, q events.Question) (*airbyte.ConnectionStatusResult, error) {
	end, err := a.End(ctx, q)
	if err != nil {
		return nil, err
	}
	return a.Engine.Check(ctx, end, Log(ctx))
}

// Discover asks a source for its catalog.
func (a Asker) Discover(ctx context.Context, q events.Question) (airbyte.StreamCatalog, error) {
	end, err := a.End(ctx, q)
	if err != nil {
		return airbyte.StreamCatalog{}, err
	}
	return a.Engine.Discover(ctx, end, Log(ctx))
}

// Spec asks a connector for its spec.
func (a Asker) Spec(ctx context.Context, q events.Question) (*airbyte.ConnectorSpecification, error) {
	end, err := a.End(ctx, q)
	if err != nil {
		return nil, err
	}
	return a.Engine.Spec(ctx, end, Log(ctx))
}

// Plain reads a request that is no event: a Source or Destination document, or
// {"resource": {"kind": ..., "namespace": ..., "name": ...}}. It is held to the
// rules of the event of that type.
func Plain(c *host.Call, eventType string) (events.Payload, error) {
	body := map[string]json.RawMessage{}
	if err := c.JSON(&body); err != nil {
		return nil, err
	}
	data := map[string]any{"due": time.Now(), "attempt": 1}
	if resource, is := body["resource"]; is && len(body) == 1 {
		data["resource"] = resource
	} else {
		data["document"] = json.RawMessage(c.Body)
	}
	e := event.New()
	e.SetID("posted")
	e.SetSource(string(events.FromAPI))
	e.SetType(eventType)
	if err := e.SetData(event.ApplicationJSON, data); err != nil {
		return nil, err
	}
	return events.Decode(e)
}

// Log passes a connector's lines on to the log of the request. They are
// redacted.
func Log(ctx context.Context) engine.LogFunc {
	log := host.Log(ctx)
	return func(l replication.LogLine) {
		log.Log(ctx, levels[l.Level], string(l.Message), "origin", string(l.Origin))
	}
}

var levels = map[string]slog.Level{
	"FATAL": slog.LevelError, "ERROR": slog.LevelError, "WARN": slog.LevelWarn, "DEBUG": slog.LevelDebug, "TRACE": slog.LevelDebug,
}

// Failure tells what an error of a connector, or of how it is configured, means.
// It is nil for errors that are nobody's answer: trying again may help then.
func Failure(err error) *events.Failure {
	var mistake *engine.ConfigError
	var start *connector.StartError
	var silent *connector.AnswerError
	switch {
	case errors.As(err, &mistake), errors.As(err, &start):
		return &events.Failure{Type: airbyte.ConfigError, Message: err.Error()}
	case errors.As(err, &silent) && silent.Err == nil:
		return &events.Failure{Type: silent.FailureType, Message: err.Error()}
	}
	return nil
}

// causes is where failures stand in the table of statuses.
var causes = map[airbyte.FailureType]host.Cause{
	airbyte.ConfigError:    host.Invalid,
	airbyte.TransientError: host.Unavailable,
	airbyte.SystemError:    host.Connector,
}

// Problem gives an error its place in the table of statuses, for those who asked
// without an event.
func Problem(err error) error {
	f := Failure(err)
	if f == nil || errors.As(err, new(*connection.Problems)) {
		return err
	}
	return &host.Error{Cause: causes[f.Type], Detail: f.Message, Err: err}
}
