package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/redis"
)

// withLease waits for the connection's lease, and relays with it. A relay that
// is detached hands it over.
func (o *order) withLease(ctx context.Context) error {
	db, err := redis.Open(ctx, o.Redis, redis.Options{})
	if err != nil {
		return err
	}
	lease, err := o.acquire(ctx, db)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	ctx, cancel := context.WithCancelCause(ctx)
	go keep(ctx, lease, o.TTL, cancel)
	ledger, err := o.over(ctx, lease)
	switch {
	case err == nil && ledger.Detached:
		err = lease.HandOver(ctx, o.TTL)
	case err == nil:
		err = errors.Join(succeeded(ledger), lease.Release(ctx))
	}
	cancel(nil)
	return errors.Join(err, db.Close())
}

// askAgain is how long a waiting relay lets pass before it asks for the lease
// again.
const askAgain = 5 * time.Millisecond

// acquire waits for the lease and names the sync.
func (o *order) acquire(ctx context.Context, db *redis.Store) (store.Lease, error) {
	for {
		lease, err := db.Acquire(ctx, connectionName, store.ProcessHolder(), o.TTL)
		var held *store.HeldError
		switch {
		case errors.As(err, &held):
			time.Sleep(askAgain)
			continue
		case err != nil:
			return nil, err
		}
		record, err := db.Sync(ctx, connectionName, 1)
		if errors.Is(err, store.ErrNotFound) {
			_, err = lease.Begin(ctx, store.Begin{Sync: store.SyncRecord{Status: store.Running}})
		} else if err == nil {
			err = lease.SaveSync(ctx, record)
		}
		return lease, err
	}
}

// keep renews a lease; without it all ends.
func keep(ctx context.Context, lease store.Lease, ttl time.Duration, cancel context.CancelCauseFunc) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(ttl / 4):
		}
		if err := lease.Renew(ctx, ttl); errors.Is(err, store.ErrFenced) {
			cancel(err)
			return
		}
	}
}

// supervised is a relay's lease where another process holds it: that is asked to
// save each checkpoint.
type supervised struct {
	epoch   int64
	asks    *json.Encoder
	answers *json.Decoder
}

func (s *supervised) Epoch() int64 { return s.epoch }

func (s *supervised) SaveCheckpoint(_ context.Context, p []store.Position) error {
	if err := s.asks.Encode(p); err != nil {
		return err
	}
	var saved bool
	err := s.answers.Decode(&saved)
	if err == nil && !saved {
		err = store.ErrFenced
	}
	return err
}

// ClearCheckpoint is not asked for: no stream here is reset.
func (s *supervised) ClearCheckpoint(context.Context, []airbyte.Descriptor) error {
	return errors.New("no stream is reset here")
}
