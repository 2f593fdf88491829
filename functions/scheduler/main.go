// Command scheduler is the control plane as a function: it asks for syncs when
// they are due, hears what became of them, and serves the API and the dashboard.
// A PingSource ticks it; with KNELT_TICK it ticks by itself, for an instance that
// always runs.
package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"

	"knelt.dev/functions/internal/cluster"
	"knelt.dev/functions/internal/logs"
	"knelt.dev/pkg/dashboard"
	"knelt.dev/pkg/host"
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
	kept, err := logs.Open(ctx, p.Settings.Settings, p.Store)
	if err != nil {
		return err
	}
	if kept != nil {
		defer func() { err = errors.Join(err, kept.Close()) }()
	}
	all, err := newPlane(p, kept)
	if err != nil {
		return err
	}
	ticking, stop := context.WithCancel(ctx)
	var own sync.WaitGroup
	own.Go(func() { all.hooks.Run(ticking) })
	if p.Settings.Tick > 0 {
		own.Go(func() { all.ticks.Run(ticking, p.Settings.Tick) })
	}
	err = p.Serve(ctx, "scheduler", all.ticks.Function(), all.api.Function(), host.Function{Name: "dashboard", Routes: dashboard.Routes()})
	stop()
	own.Wait()
	all.api.Wait()
	return err
}
