package engine

import (
	"context"
	"encoding/json"
	"fmt"

	"golang.org/x/sync/errgroup"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/replication"
)

// plan is what one attempt moves and how.
type plan struct {
	selections         []replication.Selection
	generations        replication.GenerationPlan
	sourceCatalog      []byte
	destinationCatalog []byte
}

// plan asks both connectors what they are and have, selects streams, and
// decides generations and catalogs. Nothing has moved yet.
func (a *attempt) plan(ctx context.Context) (*plan, error) {
	catalog, err := a.askBoth(ctx)
	if err != nil {
		return nil, err
	}
	if catalog, err = a.settleSchema(ctx, catalog); err != nil {
		return nil, err
	}
	p := &plan{}
	if p.selections, err = a.selectStreams(catalog); err != nil && a.engine.AnswersFor > 0 && !a.req.Connection.Spec.DiscoverBeforeSync {
		// What was remembered may be older than the stream that is not in it.
		if catalog, err = a.discoverAnew(ctx); err == nil {
			p.selections, err = a.selectStreams(catalog)
		}
	}
	if err != nil {
		return nil, err
	}
	if err := a.planGenerations(ctx, p); err != nil {
		return nil, err
	}
	supports, id := a.req.Destination.Spec.SupportsRefreshes, a.record.ID
	if p.sourceCatalog, err = airbyte.Marshal(replication.SourceCatalog(p.selections, p.generations, id, supports)); err != nil {
		return nil, while("writing the source's catalog", err)
	}
	p.destinationCatalog, err = airbyte.Marshal(replication.DestinationCatalog(p.selections, p.generations, id, supports))
	return p, while("writing the destination's catalog", err)
}

// askBoth asks the source for its catalog and both for their specs, side by
// side, and checks the configs against the specs.
func (a *attempt) askBoth(ctx context.Context) (catalog airbyte.StreamCatalog, err error) {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		if a.sourceSpec, err = a.specOf(ctx, a.source); err != nil {
			return err
		}
		catalog, err = a.discover(ctx)
		return err
	})
	g.Go(func() (err error) {
		a.destSpec, err = a.specOf(ctx, a.dest)
		return err
	})
	err = g.Wait()
	return catalog, err
}

func (a *attempt) discoverAnew(ctx context.Context) (airbyte.StreamCatalog, error) {
	m, err := a.engine.askAnew(ctx, a.source, a.sourceSpec, connector.Discover, a.log.relay)
	if err != nil {
		return airbyte.StreamCatalog{}, err
	}
	return a.source.catalog(m)
}

// specOf asks a connector for its spec and checks its config against it. A
// connector without a spec is run all the same: some in the wild have none.
func (a *attempt) specOf(ctx context.Context, end *End) (*airbyte.ConnectorSpecification, error) {
	spec, err := a.engine.spec(ctx, end, a.log.relay)
	if err != nil {
		if ctx.Err() != nil || !answered(err) {
			return nil, err
		}
		a.warn(fmt.Sprintf("%s has no spec, so its config is not checked: %v", end.Resource, err))
		return nil, nil
	}
	warnings, err := end.validate(spec)
	for _, w := range warnings {
		a.warn(w.String())
	}
	return spec, configError(err)
}

// selectStreams gives what the connection selects of a catalog.
func (a *attempt) selectStreams(catalog airbyte.StreamCatalog) ([]replication.Selection, error) {
	selected, warnings, err := connection.Select(a.req.Connection, a.req.Destination, catalog, a.destSpec)
	for _, w := range warnings {
		a.warn(w.String())
	}
	if err != nil {
		return nil, configError(err)
	}
	mapping := a.req.Connection.Mapping()
	var all []replication.Selection
	for _, s := range selected {
		all = append(all, replication.Selection{
			Stream: s.Stream, SyncMode: s.SyncMode, DestinationSyncMode: s.DestinationSyncMode,
			CursorField: s.CursorField, PrimaryKey: s.PrimaryKey, Fields: s.SelectedFields,
			As: mapping.Apply(s.Stream.Descriptor()),
		})
	}
	return a.restrict(all)
}

// restrict checks the streams to refresh and, for a reset, leaves only those,
// to be overwritten with nothing.
func (a *attempt) restrict(all []replication.Selection) ([]replication.Selection, error) {
	if a.def.Reset && len(a.def.Refresh) == 0 {
		for _, s := range all {
			a.def.Refresh = append(a.def.Refresh, s.Stream.Descriptor())
		}
	}
	refresh := set(a.def.Refresh)
	var chosen []replication.Selection
	for _, s := range all {
		if refresh[s.Stream.Descriptor()] {
			delete(refresh, s.Stream.Descriptor())
			s.SyncMode, s.DestinationSyncMode = airbyte.FullRefresh, airbyte.Overwrite
			chosen = append(chosen, s)
		}
	}
	for d := range refresh {
		return nil, configError(fmt.Errorf("stream %s, which is to be refreshed, is not part of connection %s", d, a.lease.Connection()))
	}
	if a.def.Reset {
		return chosen, nil
	}
	return all, nil
}

func (a *attempt) planGenerations(ctx context.Context, p *plan) error {
	current, err := a.engine.Store.Generations(ctx, a.lease.Connection())
	if err != nil {
		return while("reading generations", err)
	}
	p.generations = replication.PlanGenerations(replication.GenerationRequest{
		Selections: p.selections, Current: current, First: !a.def.Planned,
		SupportsRefreshes: a.req.Destination.Spec.SupportsRefreshes, Refresh: set(a.def.Refresh),
	})
	return nil
}

// stateFile gives the source's state: the checkpoint, as the plan's commit has
// left it, of the selected streams; nil if there is none.
func (a *attempt) stateFile(ctx context.Context, p *plan) ([]byte, error) {
	checkpoint, err := a.engine.Store.Checkpoint(ctx, a.lease.Connection())
	if err != nil {
		return nil, while("reading the checkpoint", err)
	}
	selected := set(p.descriptors())
	var states []json.RawMessage
	var kind airbyte.StateKind
	for _, position := range checkpoint.Positions {
		if kind = position.Kind; kind != airbyte.StreamState || selected[position.Stream] {
			states = append(states, position.State)
		}
	}
	if len(states) == 0 {
		return nil, nil
	}
	file, err := airbyte.StateFile(states, kind)
	return file, while("writing the state file", err)
}

// allRestart tells whether no stream goes on from its state.
func (p *plan) allRestart() bool { return len(p.generations.Restart) == len(p.selections) }

func (p *plan) descriptors() []airbyte.Descriptor {
	var all []airbyte.Descriptor
	for _, s := range p.selections {
		all = append(all, s.Stream.Descriptor())
	}
	return all
}

// current gives the generation of each stream of the attempt.
func (p *plan) current() map[airbyte.Descriptor]int64 {
	ids := map[airbyte.Descriptor]int64{}
	for d, g := range p.generations.Generations {
		ids[d] = g.ID
	}
	return ids
}

// streams gives the relay's view of the selections.
func (p *plan) streams() []replication.Stream {
	var all []replication.Stream
	for _, s := range p.selections {
		all = append(all, replication.Stream{
			Descriptor: s.Stream.Descriptor(), As: s.As, Fields: s.Fields,
			Overwrites: s.Overwrites(),
			Inject:     s.SyncMode == airbyte.FullRefresh && !s.Stream.IsResumable,
		})
	}
	return all
}
