// Package observe measures and traces syncs from outside of the engine: by
// wrappers around the engine, its store and its pods. It speaks OpenTelemetry's
// interfaces; without package telemetry all of it goes nowhere and costs next to
// nothing. docs/monitoring.md lists what there is.
package observe

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

const scopeName = "knelt.dev/pkg/observe"

// Observer has the instruments of one process, and knows its running syncs. It is
// safe for concurrent use.
type Observer struct {
	instruments

	mu      sync.Mutex
	running map[string]*running // by connection
	ended   map[outcomeOf]time.Time
}

// running is a sync under way.
type running struct {
	// position is when the connection's position last became durable, or the sync
	// came to this process.
	position time.Time
}

// outcomeOf is a connection and how a sync of it ended.
type outcomeOf struct{ connection, outcome string }

// New makes the instruments, of the process's meter provider as it is by then.
func New() (*Observer, error) {
	o := &Observer{running: map[string]*running{}, ended: map[outcomeOf]time.Time{}}
	return o, o.make(otel.Meter(scopeName))
}

func tracer() trace.Tracer { return otel.Tracer(scopeName) }

func connectionIs(name string) attribute.KeyValue { return attribute.String("connection", name) }

func outcomeIs(outcome string) attribute.KeyValue { return attribute.String("outcome", outcome) }

func with(attributes ...attribute.KeyValue) metric.MeasurementOption {
	return metric.WithAttributeSet(attribute.NewSet(attributes...))
}

// traced does something in a span of its own. What errors say is left to the log:
// a span may go further than it.
func traced(ctx context.Context, name string, do func(context.Context) error, attributes ...attribute.KeyValue) error {
	ctx, span := tracer().Start(ctx, name, trace.WithAttributes(attributes...))
	defer span.End()
	err := do(ctx)
	if err != nil {
		span.SetStatus(codes.Error, "")
	}
	return err
}
