package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/store"
)

var (
	errCancelled = errors.New("cancelled")
	errDetached  = errors.New("left to a successor")
)

const (
	// detachWithin is the time in which a relay leaves a running sync.
	detachWithin = 10 * time.Second
	// handOver is how long the connectors of a sync that was left wait for a
	// successor: a function may have to be scheduled and started first.
	handOver = 2 * time.Minute
)

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
	name := req.Connection.Metadata.Key()
	if old, ok, err := e.repeated(ctx, name, req); ok || err != nil {
		return old, err
	}
	lease, err := e.acquire(ctx, name, req.Detach)
	if err != nil {
		return Result{}, err
	}
	// While the lease was somebody else's, the same request may have come there and
	// been carried out.
	if old, ok, err := e.repeated(ctx, name, req); ok || err != nil {
		return old, errors.Join(err, release(lease, false))
	}
	job.lease = lease
	held, stop := keepLease(ctx, lease, e.ttl())
	result, err := job.run(held)
	stop()
	result.Epoch = lease.Epoch()
	return result, errors.Join(err, release(lease, result.Continued))
}

// release gives the lease back, or hands it over where a successor goes on. That
// it was lost already is told elsewhere.
func release(lease store.Lease, continued bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	give := lease.Release
	if continued {
		give = func(ctx context.Context) error { return lease.HandOver(ctx, handOver) }
	}
	err := give(ctx)
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
	// orphan tells that the record is of an attempt that may still run.
	orphan bool
	// before is how many attempts the sync had when this engine came to it.
	before int

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

// run goes on with what a dead engine left, and makes attempts until one succeeds
// or the connection's retries are used up.
func (j *job) run(ctx context.Context) (Result, error) {
	if err := j.open(ctx); err != nil {
		return Result{}, err
	}
	if j.orphan {
		result, err := j.adopt(ctx)
		if err != nil || result.Continued || j.answers(result) {
			return result, err
		}
		if err := j.open(ctx); err != nil {
			return Result{}, err
		}
	}
	return j.attempts(ctx)
}

// attempts makes attempts.
func (j *job) attempts(ctx context.Context) (Result, error) {
	for {
		a := &attempt{job: j}
		result, err := a.run(ctx)
		if err != nil || result.Continued || j.req.draining() || ctx.Err() != nil {
			return result, err
		}
		if unresumable(result) {
			continue
		}
		n := len(j.tries(result.Record)) - 1
		if n >= j.req.Connection.Spec.Retries.Max || !worthRetrying(result) {
			return result, nil
		}
		if !j.wait(ctx, j.req.Connection.Spec.Retries.Backoff, n) {
			result.Continued = j.req.detaching()
			return result, nil
		}
	}
}

// open decides whether this is a new sync or goes on with the last one. What a
// dead engine left running goes on as it was begun, whatever is wanted by now.
func (j *job) open(ctx context.Context) error {
	history, err := j.engine.Store.Syncs(ctx, j.lease.Connection(), 0, 1)
	if err != nil {
		return while("reading the connection's last sync", err)
	}
	var last *store.SyncRecord
	if len(history) > 0 {
		last = &history[0]
	}
	if j.orphan, err = j.orphaned(last); err != nil || j.orphan {
		return err
	}
	wanted := definition{Connection: j.req.Connection.Spec, Refresh: j.req.Refresh, Reset: j.req.Reset}
	j.record, j.def, err = next(last, wanted)
	j.before = len(j.record.Attempts)
	return err
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
	case <-j.req.Detach:
	case <-time.After(wait):
		return true
	}
	return false
}
