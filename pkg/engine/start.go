package engine

import (
	"context"
	"errors"
	"sync"

	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/replication"
)

// start starts both connectors. If one cannot be started the other is ended.
func (a *attempt) start(ctx context.Context, p *plan, state []byte) (runs, error) {
	if a.engine.pods() != nil && !a.def.Reset {
		return a.startPods(ctx, p, state)
	}
	var r runs
	var sourceErr, destErr error
	var both sync.WaitGroup
	both.Go(func() { r.source, sourceErr = a.startSource(ctx, p, state) })
	both.Go(func() {
		r.destination, destErr = a.engine.Runtime.Start(ctx, a.dest.connector, a.writing(p))
	})
	both.Wait()
	if sourceErr == nil && destErr == nil {
		return r, nil
	}
	abandon(r.source)
	abandon(r.destination)
	return runs{}, notStarted(sourceErr, destErr)
}

func notStarted(source, destination error) error {
	return errors.Join(while("starting the source", source), while("starting the destination", destination))
}

// startPods starts both connectors in pods that outlive the engine.
func (a *attempt) startPods(ctx context.Context, p *plan, state []byte) (runs, error) {
	var source, destination Attached
	var sourceErr, destErr error
	var both sync.WaitGroup
	pods := a.engine.pods()
	both.Go(func() {
		source, sourceErr = pods.StartAt(ctx, a.seat(connector.Read), a.source.connector, a.reading(p, state))
	})
	both.Go(func() {
		destination, destErr = pods.StartAt(ctx, a.seat(connector.Write), a.dest.connector, a.writing(p))
	})
	both.Wait()
	if sourceErr == nil && destErr == nil {
		return runs{source: source, destination: destination, attached: []Attached{source, destination}}, nil
	}
	leave(source, destination)
	return runs{}, notStarted(sourceErr, destErr)
}

func (a *attempt) startSource(ctx context.Context, p *plan, state []byte) (connector.Run, error) {
	if a.def.Reset {
		return replication.EmptySource(p.descriptors()), nil
	}
	return a.engine.Runtime.Start(ctx, a.source.connector, a.reading(p, state))
}

func (a *attempt) reading(p *plan, state []byte) connector.Invocation {
	return connector.Invocation{Command: connector.Read, Config: a.source.config, Catalog: p.sourceCatalog, State: state}
}

func (a *attempt) writing(p *plan) connector.Invocation {
	return connector.Invocation{Command: connector.Write, Config: a.dest.config, Catalog: p.destinationCatalog}
}
