package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/store"
)

var errCancelled = errors.New("cancelled")

// Sync runs a connection once, with the retries it asks for. The error is of
// those that kept it from becoming a sync at all: a *ConfigError, a
// *store.HeldError (somebody else runs it), the store. How a sync ended that did
// begin is in the Result.
func (e *Engine) Sync(ctx context.Context, req Request) (Result, error) {
	req.Connection.Default()
	job, err := e.prepare(ctx, req)
	if err != nil {
		return Result{}, err
	}
	name := req.Connection.Metadata.Name
	lease, err := e.Store.Acquire(ctx, name, e.Holder, e.ttl())
	if err != nil {
		return Result{}, err
	}
	job.lease = lease
	held, stop := keepLease(ctx, lease, e.ttl())
	result, err := job.run(held)
	stop()
	return result, errors.Join(err, release(lease))
}

// release gives the lease back. That it was lost already is told elsewhere.
func release(lease store.Lease) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err := lease.Release(ctx)
	if errors.Is(err, store.ErrFenced) {
		return nil
	}
	return while("releasing the lease", err)
}

// job is one Sync under way.
type job struct {
	engine   *Engine
	req      Request
	redactor *connection.Redactor
	source   *End
	dest     *End
	lease    store.Lease
	record   store.SyncRecord
	def      definition

	observing sync.Mutex
}

// observe tells whoever watches, one event at a time.
func (j *job) observe(e Event) {
	if j.req.Observe == nil {
		return
	}
	j.observing.Lock()
	defer j.observing.Unlock()
	j.req.Observe(e)
}

// prepare does what needs no lease: references are resolved.
func (e *Engine) prepare(ctx context.Context, req Request) (*job, error) {
	j := &job{engine: e, req: req, redactor: connection.NewRedactor()}
	var err error
	if j.source, err = e.Source(ctx, req.Source, j.redactor); err != nil {
		return nil, err
	}
	if j.dest, err = e.Destination(ctx, req.Destination, j.redactor); err != nil {
		return nil, err
	}
	timeout := time.Duration(req.Connection.Spec.Timeouts.Command)
	j.source.timeout, j.dest.timeout = timeout, timeout
	return j, nil
}

// run makes attempts until one succeeds or the connection's retries are used up.
func (j *job) run(ctx context.Context) (Result, error) {
	if err := j.open(ctx); err != nil {
		return Result{}, err
	}
	retries := j.req.Connection.Spec.Retries
	for n := 0; ; n++ {
		a := &attempt{job: j}
		result, err := a.run(ctx)
		if err != nil || n >= retries.Max || !worthRetrying(result) || j.req.draining() || ctx.Err() != nil {
			return result, err
		}
		if !j.wait(ctx, retries.Backoff, n) {
			return result, nil
		}
	}
}

// open decides whether this is a new sync or goes on with the last one.
func (j *job) open(ctx context.Context) error {
	history, err := j.engine.Store.Syncs(ctx, j.lease.Connection(), 0, 1)
	if err != nil {
		return while("reading the connection's last sync", err)
	}
	var last *store.SyncRecord
	if len(history) > 0 {
		last = &history[0]
	}
	wanted := definition{Connection: j.req.Connection.Spec, Refresh: j.req.Refresh, Reset: j.req.Reset}
	j.record, j.def, err = next(last, wanted)
	return err
}

func worthRetrying(r Result) bool {
	switch r.Status() {
	case store.Failed, store.Incomplete:
		return r.Mend == nil
	}
	return false
}

const maxBackoff = 30 * time.Minute

// wait waits before the next attempt: the backoff, tripled for each attempt
// before. It is false if the sync is cancelled meanwhile.
func (j *job) wait(ctx context.Context, backoff connection.Duration, n int) bool {
	wait := time.Duration(backoff)
	for range n {
		wait = min(3*wait, maxBackoff)
	}
	j.observe(Event{Kind: Waiting, Sync: j.record.ID, Attempt: len(j.record.Attempts), Wait: connection.Duration(wait)})
	select {
	case <-ctx.Done():
	case <-j.req.Drain:
	case <-time.After(wait):
		return true
	}
	return false
}
