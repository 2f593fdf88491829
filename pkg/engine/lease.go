package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"knelt.dev/pkg/store"
)

// keepLease renews a lease until the returned stop is called. The context ends,
// with the reason as its cause, as soon as the lease may be somebody else's: the
// store says so, or it could not be reached for a whole ttl on this process's own
// monotonic clock. After each renewal renewed is called.
func keepLease(parent context.Context, lease store.Lease, ttl time.Duration, renewed func(context.Context)) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := renew(ctx, lease, ttl, renewed); err != nil {
			cancel(err)
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-done
	}
}

func renew(ctx context.Context, lease store.Lease, ttl time.Duration, renewed func(context.Context)) error {
	ticker := time.NewTicker(ttl / 3)
	defer ticker.Stop()
	for last := time.Now(); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		asked := time.Now()
		err := renewOnce(ctx, lease, ttl)
		switch {
		case err == nil:
			last = asked
			renewed(ctx)
		case errors.Is(err, store.ErrFenced):
			return err
		case time.Since(last) > ttl:
			return fmt.Errorf("%w: it could not be renewed for %s: %w", store.ErrFenced, ttl, err)
		}
	}
}

func renewOnce(ctx context.Context, lease store.Lease, ttl time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, ttl/3)
	defer cancel()
	return lease.Renew(ctx, ttl)
}
