package engine

import (
	"context"
	"errors"
	"time"

	"knelt.dev/pkg/store"
)

// acquire takes the lease. Where connectors outlive engines, a holder that says
// nothing any more is waited for until its lease has run out, so that its
// connectors find a successor at once; one that renews its lease lives, and the
// error is a *store.HeldError as ever.
func (e *Engine) acquire(ctx context.Context, connection string, leave <-chan struct{}) (store.Lease, error) {
	var first *store.HeldError
	for {
		lease, err := e.Store.Acquire(ctx, connection, e.Holder, e.ttl())
		var held *store.HeldError
		if !errors.As(err, &held) || e.pods() == nil || lives(first, held) {
			return lease, err
		}
		if first == nil {
			first = held
		}
		select {
		case <-time.After(e.ttl() / 30):
		case <-leave:
			return nil, held
		case <-ctx.Done():
			return nil, held
		}
	}
}

// lives tells that a lease was renewed, or given anew, since it was seen first.
func lives(first, now *store.HeldError) bool {
	return first != nil && (now.Info.Epoch != first.Info.Epoch || now.Info.Expires.After(first.Info.Expires))
}
