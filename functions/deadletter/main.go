// Command deadletter is where events end that nobody could carry out: each
// becomes one line of the log, with what Knative says of why.
package main

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"github.com/cloudevents/sdk-go/v2/event"

	"knelt.dev/pkg/host"
	"knelt.dev/pkg/host/telemetry"
)

func main() {
	if err := run(context.Background(), os.Environ()); err != nil {
		slog.Error("exiting", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, environ []string) (err error) {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	cfg, err := host.FromEnv(environ)
	if err != nil {
		return err
	}
	cfg.Log = slog.Default()
	end, err := telemetry.Start(ctx, environ, "deadletter")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end(context.WithoutCancel(ctx))) }()
	h, err := host.New(cfg, host.Function{Name: "deadletter", Handle: bury})
	if err != nil {
		return err
	}
	return h.Run(ctx)
}

// bury writes down an event, without its data, which may be anything.
func bury(ctx context.Context, e event.Event) (*event.Event, error) {
	x := e.Extensions()
	host.Log(ctx).Error("an event could not be delivered", "id", e.ID(), "time", e.Time(),
		"destination", x["knativeerrordest"], "status", x["knativeerrorcode"], "answer", x["knativeerrordata"])
	return nil, nil
}
