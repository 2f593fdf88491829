package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// move plans the attempt, starts both connectors and relays between them. When
// the error is nil the ledger says how it went.
func (a *attempt) move(ctx context.Context) error {
	before, cancel := a.req.preparing(ctx)
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
	r, err := a.start(before, p, state)
	if err != nil {
		return err
	}
	return a.relay(ctx, r)
}

// relay relays between running connectors until they have ended, or are left to
// a successor.
func (a *attempt) relay(ctx context.Context, r runs) error {
	a.event(Event{Kind: Started, LogDir: a.log.where, Epoch: a.lease.Epoch(), Resumed: r.resume != nil, Ledger: a.before(r)})
	cfg := a.relayConfig()
	cfg.Resume = r.resume
	relay := replication.New(cfg, r.source, r.destination)
	stop := a.follow(ctx, relay)
	ledger := relay.Run(ctx)
	stop()
	ledger = redacted(ledger, a.redactor.String)
	a.ledger = &ledger
	if !ledger.Detached && !fenced(ctx) {
		a.settle(r)
	}
	return nil
}

// before gives the ledger that a predecessor's relay has written down last; nil if
// there was none, or it wrote none.
func (a *attempt) before(r runs) *replication.Ledger {
	if r.resume == nil || len(a.current().Ledger) == 0 {
		return nil
	}
	var l replication.Ledger
	if err := json.Unmarshal(a.current().Ledger, &l); err != nil {
		a.log.engine("WARN", "reading the ledger of the relay before this one: "+err.Error())
		return nil
	}
	return &l
}

// fenced tells that the lease is lost: what runs is then another's.
func fenced(ctx context.Context) bool { return errors.Is(context.Cause(ctx), store.ErrFenced) }

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
	a.def.Planned, a.def.Moving = true, a.moving(p)
	return a.write(ctx, store.Begin{Generations: p.current(), Restart: restart})
}

// kindOf gives the kind of a checkpoint; empty if there is none.
func kindOf(c store.Checkpoint) airbyte.StateKind {
	if len(c.Positions) == 0 {
		return ""
	}
	return c.Positions[0].Kind
}

// moving is what the plan has the relay do.
func (a *attempt) moving(p *plan) *moving {
	d := a.req.Destination.Spec
	return &moving{
		Attempt: a.number, Streams: p.streams(), MaxLine: a.req.Connection.Spec.MaxLine,
		SupportsRefreshes: d.SupportsRefreshes, AcknowledgesInOrder: d.AcknowledgesInOrder,
		SourceSecrets: a.source.secrets, DestinationSecrets: a.dest.secrets,
	}
}

func (a *attempt) relayConfig() replication.Config {
	t, m := a.req.Connection.Spec.Timeouts, a.def.Moving
	return replication.Config{
		Streams:             m.Streams,
		SupportsRefreshes:   m.SupportsRefreshes,
		AcknowledgesInOrder: m.AcknowledgesInOrder,
		Emitted:             a.record.Started,
		Limits: replication.Limits{
			MaxLine:         m.MaxLine,
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
// drains it when a gentle end is asked for, or leaves it to a successor.
func (a *attempt) follow(ctx context.Context, relay *replication.Relay) (stop func()) {
	done := make(chan struct{})
	var both sync.WaitGroup
	both.Go(func() {
		select {
		case <-a.req.Drain:
			relay.Drain()
		case <-a.req.Detach:
			a.detach(relay)
		case <-done:
		}
	})
	both.Go(func() { a.watchProgress(ctx, relay, done) })
	return func() {
		close(done)
		both.Wait()
	}
}

// detach leaves the connectors to a successor, if they can be left.
func (a *attempt) detach(relay *replication.Relay) {
	ctx, cancel := context.WithTimeout(context.Background(), detachWithin)
	defer cancel()
	if err := relay.Detach(ctx); err != nil {
		a.log.engine("WARN", "leaving the sync to a successor: "+err.Error())
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
