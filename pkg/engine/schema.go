package engine

import (
	"context"
	"fmt"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/schemachange"
)

// SchemaChange is a change of a source's schema that a sync found.
type SchemaChange struct {
	schemachange.Diff
	// Policy of the connection.
	Policy connection.OnSchemaChange `json:"policy"`
	// Stopped tells that the sync was not run, and that the connection is to be
	// paused until somebody has looked. The next sync takes the new schema.
	Stopped bool `json:"stopped,omitempty"`
	// Sync that found it, and when.
	Sync int64     `json:"sync"`
	At   time.Time `json:"at"`
}

// discover gives the source's catalog: as it is now if the connection asks for
// that, else as it may be remembered.
func (a *attempt) discover(ctx context.Context) (airbyte.StreamCatalog, error) {
	if a.req.Connection.Spec.DiscoverBeforeSync {
		return a.discoverAnew(ctx)
	}
	m, err := a.engine.remembered(ctx, a.source, a.sourceSpec, connector.Discover, a.log.relay)
	if err != nil {
		return airbyte.StreamCatalog{}, err
	}
	return a.source.catalog(m)
}

// settleSchema compares the source's catalog with the one of the sync before and
// gives what the connection's policy makes of it. A change is told once, before
// it is known: whoever is told twice has the same sync's event.
//
// A connection that does not ask for it, and a reset, take the catalog as it is.
func (a *attempt) settleSchema(ctx context.Context, now airbyte.StreamCatalog) (airbyte.StreamCatalog, error) {
	spec := a.req.Connection.Spec
	if !spec.DiscoverBeforeSync || a.def.Reset {
		return now, nil
	}
	kept, ok, err := a.engine.schema(ctx, a.lease.Connection())
	if err != nil {
		return now, err
	}
	if !ok {
		return now, a.engine.saveSchema(ctx, a.lease.Connection(), keptSchema{catalog: now})
	}
	uses := usesOf(a.req.Connection, a.req.Destination, kept.catalog, now, a.destSpec)
	diff := schemachange.Compare(kept.catalog, now, uses)
	digest := diff.Digest()
	decision := schemachange.Decide(spec.OnSchemaChange, diff, kept.catalog, now, uses, digest == kept.Stopped)
	if !diff.Empty() && (digest != kept.Told || decision.Stop) {
		a.tellSchema(diff, decision, &kept)
	}
	kept.catalog, kept.Stopped = decision.Known, ""
	if decision.Stop {
		kept.Stopped = digest
	}
	// What is left of the change is found again by every sync, and is no news.
	kept.Told = ""
	if left := schemachange.Compare(decision.Known, now, uses); !left.Empty() {
		kept.Told = left.Digest()
	}
	if err := a.engine.saveSchema(ctx, a.lease.Connection(), kept); err != nil {
		return now, err
	}
	if decision.Stop {
		return now, configError(&stoppedError{source: a.source.Resource, diff: diff})
	}
	return decision.Catalog, nil
}

// tellSchema tells of a change.
func (a *attempt) tellSchema(diff schemachange.Diff, decision schemachange.Decision, kept *keptSchema) {
	kept.Change = &SchemaChange{
		Diff: diff, Policy: a.req.Connection.Spec.OnSchemaChange, Stopped: decision.Stop, Sync: a.record.ID, At: time.Now().UTC(),
	}
	a.change = kept.Change
	if !decision.Stop { // else it is the reason of the failure
		a.warn("the source's schema is not what it was: " + diff.String())
	}
	a.event(Event{Kind: SchemaChanged, Schema: kept.Change})
}

// stoppedError tells that a connection wants to be paused when its source's
// schema changes, which it did.
type stoppedError struct {
	source string
	diff   schemachange.Diff
}

func (e *stoppedError) Error() string {
	return fmt.Sprintf("the schema of %s is not what it was (%s), and onSchemaChange is pause: nothing was synced; the next sync takes it as it is now", e.source, e.diff)
}

// usesOf gives what a connection takes of the streams that were known, and of
// those that it names and that are new.
func usesOf(conn *connection.Connection, dest *connection.Destination, known, now airbyte.StreamCatalog, destSpec *airbyte.ConnectorSpecification) []schemachange.Use {
	selected, _, err := connection.Select(conn, dest, together(known, now), destSpec)
	if err != nil {
		selected = written(conn) // what is wrong is told when streams are selected
	}
	return schemachange.Uses(conn, selected)
}

// written gives what a connection says itself of its streams.
func written(conn *connection.Connection) []connection.Selected {
	var all []connection.Selected
	for _, s := range conn.Spec.Streams {
		all = append(all, connection.Selected{
			Stream: airbyte.Stream{Name: s.Name, Namespace: s.Namespace}, SyncMode: s.SyncMode, DestinationSyncMode: s.DestinationSyncMode,
			CursorField: s.CursorField, PrimaryKey: s.PrimaryKey, SelectedFields: s.SelectedFields,
		})
	}
	return all
}

// together gives the streams of a, and those of b that a has not.
func together(a, b airbyte.StreamCatalog) airbyte.StreamCatalog {
	seen := map[airbyte.Descriptor]bool{}
	var all airbyte.StreamCatalog
	for _, s := range append(append([]airbyte.Stream{}, a.Streams...), b.Streams...) {
		if !seen[s.Descriptor()] {
			seen[s.Descriptor()] = true
			all.Streams = append(all.Streams, s)
		}
	}
	return all
}
