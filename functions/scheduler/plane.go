package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/cloudevents/sdk-go/v2/event"

	"knelt.dev/functions/internal/cluster"
	"knelt.dev/functions/internal/logs"
	"knelt.dev/functions/internal/sink"
	"knelt.dev/functions/scheduler/handler"
	"knelt.dev/pkg/api/client"
	"knelt.dev/pkg/api/server"
	"knelt.dev/pkg/api/token"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/host"
	"knelt.dev/pkg/notify"
	"knelt.dev/pkg/scheduler"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/synclog/bucket"
)

// plane is what the function serves.
type plane struct {
	ticks *handler.Handler
	api   *server.Server
	hooks *notify.Courier
}

func newPlane(p *cluster.Planner, kept *bucket.Bucket) (*plane, error) {
	broker, err := sink.NewBroker(p.Settings.Sink)
	if err != nil {
		return nil, err
	}
	s := &scheduler.Scheduler{Store: p.Store, Documents: p.Documents, Emit: traced{broker}}
	memory := notify.InMemos{Memos: p.Store}
	hooks := &notify.Courier{Hooks: p.Hooks(), Memory: memory, Sender: notify.NewSender(p.Settings.WebhooksAllow)}
	if p.Settings.Dashboard != "" {
		hooks.Link = notify.Dashboard(p.Settings.Dashboard)
	}
	status := p.Watcher()
	all := &plane{hooks: hooks, ticks: &handler.Handler{
		Scheduler: s, Sweep: sweep(p, kept, hooks), Told: told(status, &notify.Handler{Memory: memory, Courier: hooks}),
	}}
	if status != nil {
		all.ticks.Ticked = status.Ticked
	}
	all.api, err = newAPI(p, kept, s)
	return all, err
}

// traced sends events with the trace that they belong to.
type traced struct{ sink *sink.Broker }

func (t traced) Send(ctx context.Context, e event.Event) error {
	host.Trace(ctx, &e)
	return t.sink.Send(ctx, e)
}

// sweep removes what crashed syncs left, and old logs, and has webhooks told that
// a scheduler which has ended did not tell.
func sweep(p *cluster.Planner, kept *bucket.Bucket, hooks *notify.Courier) func(context.Context) error {
	return func(ctx context.Context) error {
		hooks.Look()
		err := p.Sweep(ctx)
		if kept == nil {
			return err
		}
		_, logs := kept.Sweep(ctx)
		return errors.Join(err, logs)
	}
}

// told has the status of objects and the webhooks follow the events of syncs.
func told(status *cluster.Watcher, hooks *notify.Handler) func(context.Context, event.Event) error {
	return func(ctx context.Context, e event.Event) error {
		_, err := hooks.Handle(ctx, e)
		if status == nil {
			return err
		}
		return errors.Join(err, status.Told(ctx, e))
	}
}

func newAPI(p *cluster.Planner, kept *bucket.Bucket, s *scheduler.Scheduler) (*server.Server, error) {
	asker, err := askBy(p.Settings)
	if err != nil {
		return nil, err
	}
	cfg := server.Config{
		Store: p.Store, Documents: p.Documents, Plans: server.Planned{Store: p.Store}, Scheduler: server.Scheduled{Scheduler: s},
		Cancels: p.Store, Schemas: &engine.Engine{Store: p.Store}, Logs: logs.Reader(kept), Asker: asker,
		Holder: store.ProcessHolder(), Version: version(),
	}
	if p.Settings.Tokens != "" {
		cfg.Tokens = token.Await(p.Settings.Tokens)
	}
	return server.New(cfg)
}

// askBy has connectors asked by the functions: the control plane starts no pods.
func askBy(s cluster.PlannerSettings) (f server.Functions, err error) {
	if f.CheckWith, err = client.NewFunction(s.Check); err != nil {
		return f, fmt.Errorf("KNELT_CHECK: %w", err)
	}
	if f.DiscoverWith, err = client.NewFunction(s.Discover); err != nil {
		return f, fmt.Errorf("KNELT_DISCOVER: %w", err)
	}
	return f, nil
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
