package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// move plans the attempt, starts both connectors and relays between them. When
// the error is nil the ledger says how it went.
func (a *attempt) move(ctx context.Context) error {
	before, cancel := a.req.drained(ctx)
	defer cancel()
	p, err := a.plan(before)
	if err != nil {
		return err
	}
	if err := a.commit(before, p); err != nil {
		return err
	}
	state, err := a.stateFile(before, p)
	if err != nil {
		return err
	}
	source, dest, err := a.start(before, p, state)
	if err != nil {
		return err
	}
	a.event(Event{Kind: Started, LogDir: a.log.dir})
	relay := replication.New(a.relayConfig(p), source, dest)
	stop := a.follow(ctx, relay)
	ledger := relay.Run(ctx)
	stop()
	ledger = redacted(ledger, a.redactor.String)
	a.ledger = &ledger
	return nil
}

// commit writes the plan down, in one step, before the first byte moves: what
// starts from scratch loses its state exactly when its generation is raised. A
// state of all streams together goes first, and whole, if none of them goes on
// from it; a LEGACY one cannot be parted and stays otherwise.
func (a *attempt) commit(ctx context.Context, p *plan) error {
	checkpoint, err := a.engine.Store.Checkpoint(ctx, a.lease.Connection())
	if err != nil {
		return while("reading the checkpoint", err)
	}
	restart := p.generations.Restart
	if kind := kindOf(checkpoint); kind == airbyte.GlobalState || kind == airbyte.LegacyState {
		if p.allRestart() {
			if err := a.lease.ClearCheckpoint(ctx, nil); err != nil {
				return while("forgetting the state", err)
			}
		}
		if !p.allRestart() && kind == airbyte.LegacyState && !a.def.Planned && len(a.def.Refresh) > 0 {
			// The source would go on from its one state while the destination
			// drops what it has: the stream would be empty.
			return configError(fmt.Errorf("the source of connection %s keeps one state for all streams (LEGACY), so none can start from scratch alone: refresh all of them", a.lease.Connection()))
		}
		if p.allRestart() || kind == airbyte.LegacyState {
			restart = nil
		}
	}
	a.def.Planned = true
	return a.write(ctx, store.Begin{Generations: p.current(), Restart: restart})
}

// kindOf gives the kind of a checkpoint; empty if there is none.
func kindOf(c store.Checkpoint) airbyte.StateKind {
	if len(c.Positions) == 0 {
		return ""
	}
	return c.Positions[0].Kind
}

// start starts both connectors. If one cannot be started the other is ended.
func (a *attempt) start(ctx context.Context, p *plan, state []byte) (source, dest connector.Run, err error) {
	var sourceErr, destErr error
	var both sync.WaitGroup
	both.Go(func() { source, sourceErr = a.startSource(ctx, p, state) })
	both.Go(func() {
		dest, destErr = a.engine.Runtime.Start(ctx, a.dest.connector, connector.Invocation{
			Command: connector.Write, Config: a.dest.config, Catalog: p.destinationCatalog,
		})
	})
	both.Wait()
	if sourceErr == nil && destErr == nil {
		return source, dest, nil
	}
	abandon(source)
	abandon(dest)
	return nil, nil, errors.Join(while("starting the source", sourceErr), while("starting the destination", destErr))
}

func (a *attempt) startSource(ctx context.Context, p *plan, state []byte) (connector.Run, error) {
	if a.def.Reset {
		return replication.EmptySource(p.descriptors()), nil
	}
	return a.engine.Runtime.Start(ctx, a.source.connector, connector.Invocation{
		Command: connector.Read, Config: a.source.config, Catalog: p.sourceCatalog, State: state,
	})
}

func (a *attempt) relayConfig(p *plan) replication.Config {
	t := a.req.Connection.Spec.Timeouts
	return replication.Config{
		Streams:             p.streams(),
		SupportsRefreshes:   a.req.Destination.Spec.SupportsRefreshes,
		AcknowledgesInOrder: a.req.Destination.Spec.AcknowledgesInOrder,
		Emitted:             a.record.Started,
		Limits: replication.Limits{
			MaxLine:         a.req.Connection.Spec.MaxLine,
			SourceIdle:      time.Duration(t.SourceIdle),
			DestinationIdle: time.Duration(t.DestinationIdle),
			SourceExit:      time.Duration(t.SourceExit),
			Grace:           time.Duration(t.Grace),
		},
		Checkpoints:   a.lease,
		Log:           a.log.relay,
		ConfigChanged: a.configChanged,
		Redact:        a.redactor.String,
	}
}

// follow observes the relay while it runs, keeps the record up to date, and
// drains it when a gentle end is asked for.
func (a *attempt) follow(ctx context.Context, relay *replication.Relay) (stop func()) {
	done := make(chan struct{})
	var both sync.WaitGroup
	both.Go(func() {
		select {
		case <-a.req.Drain:
			relay.Drain()
		case <-done:
		}
	})
	both.Go(func() { a.watchProgress(ctx, relay, done) })
	return func() {
		close(done)
		both.Wait()
	}
}

func (a *attempt) watchProgress(ctx context.Context, relay *replication.Relay, done <-chan struct{}) {
	ticker := time.NewTicker(a.engine.progressEvery())
	defer ticker.Stop()
	saved := time.Now()
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
		}
		ledger := redacted(relay.Progress(), a.redactor.String)
		a.event(Event{Kind: Progress, Ledger: &ledger})
		if time.Since(saved) < recordEvery {
			continue
		}
		saved = time.Now()
		a.ledger = &ledger
		if err := a.save(ctx); err != nil && ctx.Err() == nil {
			a.log.engine("WARN", err.Error())
		}
	}
}
