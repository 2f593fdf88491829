package observe

import (
	"context"

	"go.opentelemetry.io/otel/attribute"

	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/engine"
)

// Pods gives a runtime whose starts and attachments are traced.
func Pods(next Runtime) Runtime { return &tracedPods{next} }

// Runtime is a runtime of pods.
type Runtime interface {
	connector.Runtime
	engine.Pods
}

type tracedPods struct{ Runtime }

// Start implements connector.Runtime.
func (p *tracedPods) Start(ctx context.Context, c connector.Connector, inv connector.Invocation) (run connector.Run, err error) {
	err = traced(ctx, "pod start", func(ctx context.Context) error {
		run, err = p.Runtime.Start(ctx, c, inv)
		return err
	}, commandIs(inv.Command))
	return run, err
}

// StartAt implements engine.Pods.
func (p *tracedPods) StartAt(ctx context.Context, s engine.Seat, c connector.Connector, inv connector.Invocation) (a engine.Attached, err error) {
	err = traced(ctx, "pod start", func(ctx context.Context) error {
		a, err = p.Runtime.StartAt(ctx, s, c, inv)
		return err
	}, commandIs(inv.Command))
	return a, err
}

// Attach implements engine.Pods.
func (p *tracedPods) Attach(ctx context.Context, s engine.Seat) (a engine.Attached, err error) {
	err = traced(ctx, "pod attach", func(ctx context.Context) error {
		a, err = p.Runtime.Attach(ctx, s)
		return err
	}, commandIs(s.Command), attribute.Int64("knelt.epoch", s.Epoch))
	return a, err
}

func commandIs(c connector.Command) attribute.KeyValue {
	return attribute.String("knelt.command", string(c))
}
