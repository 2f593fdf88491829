//go:build linux

package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"knelt.dev/bridge/client"
	"knelt.dev/bridge/secure"
	"knelt.dev/bridge/wire"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/redis"
)

const connectionName = "shop to lake"

// order is what a relay's process is told.
type order struct {
	Redis               string
	TTL                 time.Duration
	Source, Destination side
	Streams             []replication.Stream
	// GiveUp is how long a bridge may not answer.
	GiveUp time.Duration

	detaching time.Duration
}

type side struct {
	Addr, Seed string
	Invocation connector.Invocation
}

// emitted is when the sync began.
var emitted = time.UnixMilli(1_700_000_000_000)

// told is what a relay's process says at its end.
type told struct {
	Ledger replication.Ledger
	Error  string
	// Detaching is how long that took.
	Detaching time.Duration
}

// relayMain takes the lease, relays until the end or until SIGTERM has it
// detach, and prints the ledger.
func relayMain(text string) int {
	var o order
	t := told{}
	err := json.Unmarshal([]byte(text), &o)
	if err == nil {
		t.Ledger, err = o.relay()
		t.Detaching = o.detaching
	}
	if err != nil {
		t.Error = err.Error()
	}
	if err := json.NewEncoder(os.Stdout).Encode(t); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func (o *order) relay() (replication.Ledger, error) {
	ctx := context.Background()
	db, err := redis.Open(ctx, o.Redis, redis.Options{})
	if err != nil {
		return replication.Ledger{}, err
	}
	defer func() { _ = db.Close() }()
	lease, err := o.lease(ctx, db)
	if err != nil {
		return replication.Ledger{}, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go keep(ctx, lease, o.TTL, cancel)
	ledger, err := o.over(ctx, lease)
	if err != nil || ledger.Outcome == store.Failed && errors.Is(context.Cause(ctx), store.ErrFenced) {
		return ledger, err
	}
	if ledger.Detached {
		return ledger, lease.HandOver(ctx, o.TTL)
	}
	return ledger, lease.Release(ctx)
}

// lease waits for the lease and names the sync.
func (o *order) lease(ctx context.Context, db *redis.Store) (store.Lease, error) {
	for {
		lease, err := db.Acquire(ctx, connectionName, store.ProcessHolder(), o.TTL)
		var held *store.HeldError
		if errors.As(err, &held) {
			time.Sleep(5 * time.Millisecond)
			continue
		}
		if err != nil {
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

// over relays between the bridges.
func (o *order) over(ctx context.Context, lease store.Lease) (replication.Ledger, error) {
	destination, err := o.Destination.attach(ctx, lease, o.GiveUp)
	if err != nil {
		return replication.Ledger{}, err
	}
	source, err := o.Source.attach(ctx, lease, o.GiveUp)
	if err != nil {
		return replication.Ledger{}, err
	}
	cfg := replication.Config{
		Streams: o.Streams, SupportsRefreshes: true, Emitted: emitted, Checkpoints: lease,
		Limits: replication.Limits{MarkBytes: 256 << 10, MarkEvery: 20 * time.Millisecond, Grace: time.Second},
		Resume: resumeOf(destination.Attached(), destination.Run),
	}
	if lease.Epoch() == 1 {
		cfg.Resume = nil
	}
	relay := replication.New(cfg, source, destination)
	stop := o.detachOnSignal(relay)
	ledger := relay.Run(ctx)
	stop()
	if !ledger.Detached && context.Cause(ctx) == nil {
		settle(source, destination)
	}
	return ledger, nil
}

// attach attaches and starts the connector if nobody has.
func (s *side) attach(ctx context.Context, lease store.Lease, giveUp time.Duration) (client.Relayed, error) {
	seed, err := secure.ParsePodSeed(s.Seed)
	if err != nil {
		return client.Relayed{}, err
	}
	run, err := client.Attach(ctx, client.Config{
		Addr: s.Addr, Seed: seed, Connection: connectionName, Sync: 1, Epoch: lease.Epoch(),
		Resumable: true, GiveUp: giveUp, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	if err == nil && run.State() == wire.Waiting {
		err = run.Start(ctx, s.Invocation)
	}
	return client.Relayed{Run: run}, err
}

// resumeOf is where a relay goes on that was attached so.
func resumeOf(a wire.AttachedPayload, run *client.Run) *replication.Resume {
	r := &replication.Resume{Accepted: a.Stdin.Accepted, Ended: a.Stdin.Ended, Produced: a.Stdout.Produced}
	if m, snapshot, _ := run.Resume(); m != nil {
		r.Snapshot, r.Version = snapshot, m.Version
		r.Source, r.Stdin, r.Stdout = m.Source, m.Offset, m.Stdout
	}
	return r
}

func (o *order) detachOnSignal(relay *replication.Relay) (stop func()) {
	signals, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, syscall.SIGTERM)
	go func() {
		defer close(done)
		if _, ok := <-signals; !ok {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		began := time.Now()
		if err := relay.Detach(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "detaching:", err)
		}
		o.detaching = time.Since(began)
	}()
	return func() { signal.Stop(signals); close(signals); <-done }
}

// settle tells both bridges that they may end.
func settle(runs ...client.Relayed) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, run := range runs {
		if err := run.Done(ctx); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
}
