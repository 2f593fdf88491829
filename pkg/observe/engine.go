package observe

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/store"
)

// Engine runs syncs; *engine.Engine is one.
type Engine interface {
	Sync(ctx context.Context, req engine.Request) (engine.Result, error)
}

// Engine gives an engine that measures and traces the syncs of another.
func (o *Observer) Engine(next Engine) Engine { return &observed{o, next} }

type observed struct {
	*Observer
	next Engine
}

// finals are the outcomes that are counted.
var finals = []store.Status{store.Succeeded, store.Incomplete, store.Failed, store.Cancelled}

// Sync implements Engine.
func (o *observed) Sync(ctx context.Context, req engine.Request) (engine.Result, error) {
	name := req.Connection.Metadata.Key()
	ctx, span := tracer().Start(ctx, "sync", trace.WithAttributes(attribute.String("knelt.connection", name), attribute.String("knelt.request.key", req.Key)))
	defer span.End()
	w := &watcher{observer: o.Observer, ctx: ctx, connection: name, next: req.Observe}
	req.Observe = w.observe
	r, err := o.next.Sync(ctx, req)
	w.end()
	if err != nil {
		span.SetStatus(codes.Error, "")
		return r, err
	}
	span.SetAttributes(attribute.Int64("knelt.sync", r.Record.ID), attribute.String("knelt.outcome", string(r.Status())),
		attribute.Bool("knelt.continued", r.Continued), attribute.Bool("knelt.repeated", r.Repeated))
	o.result(ctx, name, r)
	return r, nil
}

// result counts what became of a request. One that had been carried out before was
// counted then.
func (o *Observer) result(ctx context.Context, name string, r engine.Result) {
	switch {
	case r.Repeated:
	case r.Continued:
		o.continuations.Add(ctx, 1, with(connectionIs(name)))
	default:
		outcome := string(r.Status())
		o.syncs.Add(ctx, 1, with(connectionIs(name), outcomeIs(outcome)))
		o.duration.Record(ctx, r.Record.Ended.Sub(r.Record.Started).Seconds(), with(outcomeIs(outcome)))
		o.mu.Lock()
		defer o.mu.Unlock()
		o.ended[outcomeOf{name, outcome}] = r.Record.Ended
	}
}

// begin notes a sync that runs. Its counters begin at 0, for a rate of what first
// appears as 1 is none.
func (o *Observer) begin(ctx context.Context, name string) {
	for _, outcome := range finals {
		o.syncs.Add(ctx, 0, with(connectionIs(name), outcomeIs(string(outcome))))
		o.attempts.Add(ctx, 0, with(connectionIs(name), outcomeIs(string(outcome))))
	}
	for _, c := range []metric.Int64Counter{o.records, o.bytes, o.continuations, o.attachments} {
		c.Add(ctx, 0, with(connectionIs(name)))
	}
	o.active.Add(ctx, 1)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.running[name] = &running{position: time.Now()}
}

func (o *Observer) finish(ctx context.Context, name string) {
	o.active.Add(ctx, -1)
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.running, name)
}
