package main

import (
	"context"
	"log/slog"
	"os/signal"
	"syscall"

	"knelt.dev/events"
	"knelt.dev/functions/internal/cluster"
	"knelt.dev/functions/sync/handler"
)

// The exit codes of a Job, as those of the command line. exitLeft asks the Job
// for another pod, which goes on with the sync.
const (
	exitFailed     = 1
	exitIncomplete = 3
	exitLeft       = 75 // EX_TEMPFAIL of sysexits.h
)

var codes = map[events.Outcome]int{
	events.Succeeded: 0, events.Failed: exitFailed, events.Incomplete: exitIncomplete, events.Cancelled: exitFailed,
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
		return exitLeft, err
	}
	if result, ended := told.(*events.SyncResult); ended {
		return codes[result.Outcome], nil
	}
	return exitLeft, nil
}
