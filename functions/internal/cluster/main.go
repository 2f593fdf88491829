package cluster

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"knelt.dev/pkg/host"
	"knelt.dev/pkg/host/telemetry"
)

// Main is the main of a function: it serves what make makes until the platform
// ends it.
func Main(name string, function func(*Cluster) host.Function) {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	if err := serve(context.Background(), name, function); err != nil {
		slog.Error("exiting", "error", err)
		os.Exit(1)
	}
}

func serve(ctx context.Context, name string, function func(*Cluster) host.Function) (err error) {
	c, err := Open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return c.Serve(ctx, name, function(c))
}

// Serve serves a function until the platform ends it.
func (c *Cluster) Serve(ctx context.Context, name string, f host.Function) error {
	return serveFunctions(ctx, name, c.Ready, f)
}

func serveFunctions(ctx context.Context, name string, ready func(context.Context) error, all ...host.Function) (err error) {
	cfg, err := host.FromEnv(os.Environ())
	if err != nil {
		return err
	}
	cfg.Log = slog.Default()
	end, err := Telemetry(ctx, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	all[0].Ready = ready
	h, err := host.New(cfg, all...)
	if err != nil {
		return err
	}
	return h.Run(ctx)
}

// Telemetry turns on what the environment asks for, see package telemetry. end
// sends what is left.
func Telemetry(ctx context.Context, name string) (end func() error, err error) {
	stop, err := telemetry.Start(ctx, os.Environ(), name)
	if err != nil {
		return nil, err
	}
	return func() error { return stop(context.WithoutCancel(ctx)) }, nil
}
