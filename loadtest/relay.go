package main

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
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// relayArg has this program be a relay: its order comes on stdin.
const relayArg = "relay"

// order is what a relay is told.
type order struct {
	Redis               string
	TTL                 time.Duration
	Source, Destination side
	// Epoch, if it is not 0, is that of a lease which somebody else holds and
	// saves checkpoints by, see supervised.
	Epoch int64

	attached func() // told once both connectors are
}

type side struct {
	Addr, Seed string
	Invocation connector.Invocation
}

// holder is a lease, or stands in for one.
type holder interface {
	replication.Checkpointer
	Epoch() int64
}

// relayMain relays until the sync's end, or until SIGTERM has it detach.
func relayMain(ctx context.Context) error {
	var o order
	in := json.NewDecoder(os.Stdin)
	if err := in.Decode(&o); err != nil {
		return err
	}
	o.attached = func() { fmt.Fprintln(os.Stderr, attachedWord) }
	if o.Epoch != 0 {
		return o.relay(ctx, &supervised{epoch: o.Epoch, answers: in, asks: json.NewEncoder(os.Stdout)})
	}
	return o.withLease(ctx)
}

// relay moves the bytes; a relay that was detached is no error.
func (o *order) relay(ctx context.Context, h holder) error {
	ledger, err := o.over(ctx, h)
	if err == nil && !ledger.Detached {
		err = succeeded(ledger)
	}
	return err
}

// succeeded is nil if a sync did.
func succeeded(l replication.Ledger) error {
	if l.Outcome != store.Succeeded {
		return fmt.Errorf("the sync is %s: %q", l.Outcome, l.Reasons)
	}
	return nil
}

// over relays between the bridges.
func (o *order) over(ctx context.Context, h holder) (replication.Ledger, error) {
	destination, err := o.Destination.attach(ctx, h.Epoch())
	if err != nil {
		return replication.Ledger{}, err
	}
	source, err := o.Source.attach(ctx, h.Epoch())
	if err != nil {
		return replication.Ledger{}, err
	}
	o.attached()
	users := airbyte.Descriptor{Name: "users"}
	cfg := replication.Config{
		Streams: []replication.Stream{{Descriptor: users, As: users}}, SupportsRefreshes: true,
		Emitted: time.UnixMilli(1_700_000_000_000), Checkpoints: h, Resume: resumeOf(destination.Run),
	}
	relay := replication.New(cfg, source, destination)
	stop := detachOnSignal(relay)
	ledger := relay.Run(ctx)
	stop()
	if ledger.Detached {
		return ledger, nil
	}
	settling, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return ledger, errors.Join(source.Done(settling), destination.Done(settling))
}

// attach attaches, and starts the connector if nobody has.
func (s *side) attach(ctx context.Context, epoch int64) (client.Relayed, error) {
	seed, err := secure.ParsePodSeed(s.Seed)
	if err != nil {
		return client.Relayed{}, err
	}
	run, err := client.Attach(ctx, client.Config{
		Addr: s.Addr, Seed: seed, Connection: connectionName, Sync: 1, Epoch: epoch,
		Resumable: true, Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err == nil && run.State() == wire.Waiting {
		err = run.Start(ctx, s.Invocation)
	}
	return client.Relayed{Run: run}, err
}

// resumeOf is where a relay goes on; nil: at the beginning.
func resumeOf(run *client.Run) *replication.Resume {
	m, snapshot, _ := run.Resume()
	if m == nil {
		return nil
	}
	a := run.Attached()
	return &replication.Resume{
		Accepted: a.Stdin.Accepted, Ended: a.Stdin.Ended, Produced: a.Stdout.Produced,
		Snapshot: snapshot, Version: m.Version, Source: m.Source, Stdin: m.Offset, Stdout: m.Stdout,
	}
}

func detachOnSignal(relay *replication.Relay) (stop func()) {
	signals, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, syscall.SIGTERM)
	go func() {
		defer close(done)
		if _, ok := <-signals; !ok {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := relay.Detach(ctx); err != nil {
			slog.Error("detaching", "err", err)
		}
	}()
	return func() { signal.Stop(signals); close(signals); <-done }
}
