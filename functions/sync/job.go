package main

import (
	"context"
	"errors"
	"log/slog"
	"os/signal"
	"syscall"

	"knelt.dev/events"
	"knelt.dev/functions/internal/cluster"
	"knelt.dev/functions/sync/handler"
	"knelt.dev/pkg/connection"
)

// The exit codes of a Job. Those of ended syncs are the command line's; of what
// ended (all up to exitCancelled) nothing can be had by another pod, see
// config/knative/440-sync-job.yaml.
const (
	exitFailed     = 1
	exitRefused    = 2 // somebody has to change the event or a document
	exitIncomplete = 3
	exitCancelled  = 130
	// The next pod goes on, or has better luck; as in sysexits.h.
	exitNotBegun = 69 // EX_UNAVAILABLE: the settings are wrong, or the store is out of reach
	exitLeft     = 75 // EX_TEMPFAIL
)

var codes = map[events.Outcome]int{
	events.Succeeded: 0, events.Failed: exitFailed, events.Incomplete: exitIncomplete, events.Cancelled: exitCancelled,
}

// job carries out the event in a file.
func job(ctx context.Context, h *handler.Handler, file string) (code int, err error) {
	end, err := cluster.Telemetry(ctx, "sync")
	if err != nil {
		return exitFailed, err
	}
	defer func() {
		if lost := end(); lost != nil {
			slog.Warn("not all telemetry was sent", "error", lost) // the sync is what counts
		}
	}()
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	told, err := h.Job(ctx, file)
	if err != nil {
		return troubleCode(err), err
	}
	if result, ended := told.(*events.SyncResult); ended {
		return codes[result.Outcome], nil
	}
	return exitLeft, nil
}

func troubleCode(err error) int {
	var (
		undecodable *events.DecodeError
		unknown     *events.UnknownTypeError
		problems    *connection.Problems
	)
	if errors.As(err, &undecodable) || errors.As(err, &unknown) || errors.As(err, &problems) {
		return exitRefused
	}
	return exitLeft
}
