// Command sync is the function that runs a sync: an event asks for it, and the
// answer is how it ended, or that the next invocation goes on with it. With
// KNELT_EVENT_FILE it carries out the one event in that file and ends, as a Job.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"knelt.dev/functions/internal/cluster"
	"knelt.dev/functions/internal/logs"
	"knelt.dev/functions/internal/sink"
	"knelt.dev/functions/sync/handler"
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	code, err := run(context.Background())
	if err != nil {
		slog.Error("exiting", "error", err)
	}
	os.Exit(code)
}

// run gives the exit code: see job.go.
func run(ctx context.Context) (code int, err error) {
	c, err := cluster.Open(ctx)
	if err != nil {
		return exitNotBegun, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	kept, err := logs.Open(ctx, c.Settings, c.Engine.Store)
	if err != nil {
		return exitNotBegun, err
	}
	if kept != nil {
		c.Engine.Logs = kept
		defer func() { err = errors.Join(err, kept.Close()) }()
	}
	h := &handler.Handler{Engine: c.Observer.Engine(c.Engine), Connections: c.Documents}
	if err := connect(h, c.Settings); err != nil {
		return exitNotBegun, err
	}
	if c.Settings.EventFile != "" {
		return job(ctx, h, c.Settings.EventFile)
	}
	err = c.Serve(ctx, "sync", h.Function())
	h.Wait()
	if err != nil {
		return exitNotBegun, err
	}
	return 0, nil
}

// connect says where events go.
func connect(h *handler.Handler, s cluster.Settings) error {
	if s.Self != "" {
		h.Next = sink.Self{URL: s.Self}
	}
	if s.Sink == "" {
		return nil
	}
	broker, err := sink.NewBroker(s.Sink)
	if err != nil {
		return fmt.Errorf("K_SINK: %w", err)
	}
	h.Sink, h.Next, h.Replies = broker, broker, true
	return nil
}
