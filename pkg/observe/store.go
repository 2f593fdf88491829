package observe

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"knelt.dev/pkg/store"
)

// Store gives a store that measures the leases and checkpoints of another.
func (o *Observer) Store(next store.Store) store.Store { return &measuredStore{next, o} }

type measuredStore struct {
	store.Store
	observer *Observer
}

// Acquire implements store.Store.
func (s *measuredStore) Acquire(ctx context.Context, connection, holder string, ttl time.Duration) (lease store.Lease, err error) {
	err = traced(ctx, "lease acquire", func(ctx context.Context) error {
		lease, err = s.Store.Acquire(ctx, connection, holder, ttl)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &measuredLease{lease, s.observer, trace.SpanContextFromContext(ctx)}, nil
}

type measuredLease struct {
	store.Lease
	observer *Observer
	// sync is the span of the sync that the lease was acquired for: a relay saves
	// its checkpoints in a context of its own, which outlives the sync's.
	sync trace.SpanContext
}

// Renew implements store.Lease. It is in no trace: there are too many.
func (l *measuredLease) Renew(ctx context.Context, ttl time.Duration) error {
	began := time.Now()
	err := l.Lease.Renew(ctx, ttl)
	if ctx.Err() != nil && err != nil && errors.Is(context.Cause(ctx), context.Canceled) {
		return err // the sync was over
	}
	l.observer.took(ctx, l.observer.renewalTime, l.observer.renewals, began, err, "renewed")
	return err
}

// SaveCheckpoint implements store.Lease.
func (l *measuredLease) SaveCheckpoint(ctx context.Context, positions []store.Position) error {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		ctx = trace.ContextWithSpanContext(ctx, l.sync)
	}
	began := time.Now()
	err := traced(ctx, "checkpoint", func(ctx context.Context) error { return l.Lease.SaveCheckpoint(ctx, positions) },
		attribute.Int("knelt.positions", len(positions)))
	l.observer.took(ctx, l.observer.checkpointTime, l.observer.checkpoints, began, err, "saved")
	if err == nil {
		l.observer.moved(l.Connection())
	}
	return err
}

// took counts a call of the store, and how long it took if it went well.
func (o *Observer) took(ctx context.Context, h metric.Float64Histogram, c metric.Int64Counter, began time.Time, err error, well string) {
	result := well
	switch {
	case errors.Is(err, store.ErrFenced):
		result = "fenced"
	case err != nil:
		result = "failed"
	default:
		h.Record(ctx, time.Since(began).Seconds())
	}
	c.Add(ctx, 1, with(attribute.String("result", result)))
}

func (o *Observer) moved(connection string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if r := o.running[connection]; r != nil {
		r.position = time.Now()
	}
}
