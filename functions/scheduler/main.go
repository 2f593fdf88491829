// Command scheduler is the function that asks for syncs when they are due. A
// PingSource ticks it; with KNELT_TICK it ticks by itself, for an instance that
// always runs.
package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"

	"knelt.dev/functions/internal/cluster"
	"knelt.dev/functions/internal/sink"
	"knelt.dev/functions/scheduler/handler"
	"knelt.dev/pkg/scheduler"
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	if err := run(context.Background()); err != nil {
		slog.Error("exiting", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	p, err := cluster.OpenPlanner(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	broker, err := sink.NewBroker(p.Sink)
	if err != nil {
		return err
	}
	h := &handler.Handler{Scheduler: &scheduler.Scheduler{Store: p.Store, Documents: p.Folder, Emit: broker}, Sweep: p.Sweep}
	ticking, stop := context.WithCancel(ctx)
	var own sync.WaitGroup
	if p.Tick > 0 {
		own.Go(func() { h.Run(ticking, p.Tick) })
	}
	err = p.Serve(ctx, "scheduler", h.Function())
	stop()
	own.Wait()
	return err
}
