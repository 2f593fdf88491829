package serve

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"knelt.dev/events"
	"knelt.dev/functions/sync/handler"
	"knelt.dev/pkg/host"
	"knelt.dev/pkg/store"
)

// runs runs the syncs that are asked for, so many at once, in this process.
type runs struct {
	handler *handler.Handler
	log     *slog.Logger
	// told is given how each has ended; nil: nobody wants to know.
	told func(context.Context, *events.SyncResult) error
	// changed is called when one has ended, however.
	changed func()
	seats   chan struct{}

	mu     sync.Mutex
	ending bool
	inside map[string]bool
	all    sync.WaitGroup
}

// start has a request carried out, behind the call. Once the process ends it is
// refused.
func (r *runs) start(request events.SyncRequest) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ending {
		return &host.Error{Cause: host.Unavailable, Detail: "knelt serve is ending"}
	}
	key := request.Key()
	if r.inside[key] {
		return nil // it was asked for before, and waits or runs
	}
	if r.inside == nil {
		r.inside = map[string]bool{}
	}
	r.inside[key] = true
	r.all.Go(func() {
		r.run(request)
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.inside, key)
	})
	return nil
}

// end refuses what comes, and waits for what runs. Those that wait for a seat
// are given up.
func (r *runs) end() {
	r.mu.Lock()
	r.ending = true
	r.mu.Unlock()
	r.all.Wait()
}

func (r *runs) run(request events.SyncRequest) {
	select {
	case r.seats <- struct{}{}:
		defer func() { <-r.seats }()
	case <-r.handler.Drain:
		return
	}
	defer r.changed()
	ctx := context.Background() // its ends are Drain and Abort
	log := r.log.With("connection", request.Subject())
	payload, err := r.handler.Run(ctx, handler.Asked{Request: request})
	if err != nil {
		level := slog.LevelError
		if errors.As(err, new(*store.HeldError)) {
			level = slog.LevelWarn
		}
		log.Log(ctx, level, "a sync that was asked for was not run", "error", err)
		return
	}
	result, is := payload.(*events.SyncResult)
	if !is {
		return // left before it began: the process ends
	}
	log.Info("sync", "sync", result.Sync, "outcome", string(result.Outcome), "records", result.Total.Relayed)
	if r.told == nil {
		return
	}
	if err := r.told(ctx, result); err != nil {
		log.Error("the scheduler was not told how a sync has ended", "error", err)
	}
}
