package engine

import (
	"context"
	"errors"
	"sync"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/replication"
)

// start starts both connectors. If one cannot be started the other is ended.
func (a *attempt) start(ctx context.Context, p *plan, state []byte) (runs, error) {
	if a.engine.pods() != nil {
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
	return runs{}, errors.Join(while("starting the source", sourceErr), while("starting the destination", destErr))
}

func (a *attempt) startSource(ctx context.Context, p *plan, state []byte) (connector.Run, error) {
	if a.def.Reset {
		return a.emptySource(), nil
	}
	return a.engine.Runtime.Start(ctx, a.source.connector, a.reading(p, state))
}

// emptySource is a reset's source, the same for each engine that goes on with it.
func (a *attempt) emptySource() replication.Resumable {
	var all []airbyte.Descriptor
	for _, s := range a.def.Moving.Streams {
		all = append(all, s.Descriptor)
	}
	return replication.EmptySource(all)
}

func (a *attempt) reading(p *plan, state []byte) connector.Invocation {
	return connector.Invocation{Command: connector.Read, Config: a.source.config, Catalog: p.sourceCatalog, State: state}
}

func (a *attempt) writing(p *plan) connector.Invocation {
	return connector.Invocation{Command: connector.Write, Config: a.dest.config, Catalog: p.destinationCatalog}
}
