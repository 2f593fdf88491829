// Package handler is the scheduler as a function: ticks make it ask for what is
// due, results tell it what became of that.
package handler

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"knelt.dev/events"
	"knelt.dev/pkg/host"
	"knelt.dev/pkg/scheduler"
)

// Ping is the type of events by which a PingSource of Knative ticks.
const Ping = "dev.knative.sources.ping"

// Handler handles ticks and results. It is safe for concurrent use.
type Handler struct {
	Scheduler Scheduler
	// Sweep, if set, removes what crashed syncs left. It is called by a tick, at
	// most every SweepEvery.
	Sweep func(ctx context.Context) error
	// Told, if set, hears of each event after the scheduler. Its error has the
	// event come again.
	Told func(ctx context.Context, e event.Event) error
	// Ticked, if set, hears what a tick has done.
	Ticked func(ctx context.Context, r scheduler.Report) error
	// Now is the clock; nil: time.Now.
	Now func() time.Time

	mu    sync.Mutex
	swept time.Time
}

// Scheduler decides; *scheduler.Scheduler is one.
type Scheduler interface {
	Tick(ctx context.Context, now time.Time) (scheduler.Report, error)
	Result(ctx context.Context, r *events.SyncResult) error
	Started(ctx context.Context, r *events.SyncStart) error
}

// SweepEvery is how often leftovers are looked for: to list all pods is too much
// for each tick.
const SweepEvery = 5 * time.Minute

// Function is what a host serves:
//
//	POST /       events: dev.knative.sources.ping ticks; the results of syncs and
//	             dev.knelt.sync.started are learnt from
//	POST /ticks  ticks; the answer is what was done
func (h *Handler) Function() host.Function {
	return host.Function{
		Name: "scheduler", Handle: h.Handle,
		Routes: []host.Route{{Method: http.MethodPost, Path: "/ticks", Handle: h.post}},
	}
}

// Handle answers nothing. Errors: a *events.DecodeError or
// *events.UnknownTypeError for what cannot be understood, the store's and the
// sink's, after which the same event may come again.
func (h *Handler) Handle(ctx context.Context, e event.Event) (*event.Event, error) {
	if e.Type() == Ping {
		_, err := h.Tick(ctx)
		return nil, err
	}
	p, err := events.Decode(e)
	if err != nil {
		return nil, err
	}
	switch p := p.(type) {
	case *events.SyncResult:
		return nil, errors.Join(h.Scheduler.Result(ctx, p), h.tell(ctx, e))
	case *events.SyncStart:
		return nil, errors.Join(h.Scheduler.Started(ctx, p), h.tell(ctx, e))
	case *events.SchemaChange:
		return nil, h.tell(ctx, e)
	}
	return nil, &events.UnknownTypeError{Type: e.Type(), Known: []string{
		Ping, events.SyncStarted, events.SyncSucceeded, events.SyncIncomplete, events.SyncFailed, events.SyncCancelled,
		events.ConnectionSchemaChanged,
	}}
}

func (h *Handler) tell(ctx context.Context, e event.Event) error {
	if h.Told == nil {
		return nil
	}
	return h.Told(ctx, e)
}

func (h *Handler) post(ctx context.Context, _ *host.Call) (*host.Response, error) {
	r, err := h.Tick(ctx)
	if err != nil {
		return nil, err
	}
	return host.JSON(http.StatusOK, r)
}

// Tick makes a tick and tells the log what it did.
func (h *Handler) Tick(ctx context.Context) (scheduler.Report, error) {
	now, began := h.now(), time.Now()
	r, err := h.Scheduler.Tick(ctx, now)
	for _, p := range r.Problems {
		host.Log(ctx).Warn("a connection cannot be used", "connection", p.Connection, "problem", p.Problem)
	}
	level := slog.LevelDebug
	if len(r.Asked)+r.Lost+r.Told+r.Planned+r.Dropped > 0 {
		level = slog.LevelInfo
	}
	host.Log(ctx).Log(ctx, level, "tick", "looked", r.Looked, "asked", len(r.Asked), "lost", r.Lost, "told", r.Told,
		"planned", r.Planned, "dropped", r.Dropped, "more", r.More, "took", time.Since(began).String())
	if h.Ticked != nil {
		err = errors.Join(err, h.Ticked(ctx, r))
	}
	return r, errors.Join(err, h.sweep(ctx, now))
}

func (h *Handler) now() time.Time {
	if h.Now != nil {
		return h.Now()
	}
	return time.Now()
}

// sweep sweeps if it is time. Two ticks do not sweep at once.
func (h *Handler) sweep(ctx context.Context, now time.Time) error {
	if h.Sweep == nil || !h.mu.TryLock() {
		return nil
	}
	defer h.mu.Unlock()
	if now.Sub(h.swept).Abs() < SweepEvery {
		return nil
	}
	if err := h.Sweep(ctx); err != nil {
		return err
	}
	h.swept = now
	return nil
}

// Run ticks by itself until ctx ends, for a process that is always there. What
// goes wrong is told to the log, and is for the next tick.
func (h *Handler) Run(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		if _, err := h.Tick(ctx); err != nil && ctx.Err() == nil {
			host.Log(ctx).Error("a tick", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
