package client

import (
	"context"
	"fmt"
	"time"

	"knelt.dev/pkg/connector"
)

// Runtime starts connectors in pods. It implements connector.Runtime.
type Runtime struct{ place Place }

// Place makes a pod for a connector and tells how to attach to its bridge. The
// pod is its own: it ends when the run does. A *connector.StartError tells that
// the connector cannot be run.
type Place func(ctx context.Context, c connector.Connector) (Config, error)

var _ connector.Runtime = (*Runtime)(nil)

// New returns a Runtime over pods made by place.
func New(place Place) *Runtime { return &Runtime{place} }

// Start implements connector.Runtime.
func (rt *Runtime) Start(ctx context.Context, c connector.Connector, inv connector.Invocation) (connector.Run, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("not starting %s: %w", inv.Command, context.Cause(ctx))
	}
	cfg, err := rt.place(ctx, c)
	if err != nil {
		return nil, err
	}
	run, err := Attach(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", inv.Command, err)
	}
	if err := run.Start(ctx, inv); err != nil {
		run.abandon()
		return nil, err
	}
	return run, nil
}

// abandon ends what a failed start may have begun, as far as it can be reached.
func (r *Run) abandon() {
	r.Terminate(0)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := r.Detach(ctx); err != nil {
		r.cfg.Log.Debug("a bridge whose start failed was not told to end; it ends with its lease", "bridge", r.cfg.Addr, "error", err)
	}
}
