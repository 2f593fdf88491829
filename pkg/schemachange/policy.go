package schemachange

import (
	"strings"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connection"
)

// Decision is what a policy makes of a diff.
type Decision struct {
	// Stop tells not to sync, and to pause the connection until somebody looks.
	Stop bool
	// Catalog is what the sync takes for the source's.
	Catalog airbyte.StreamCatalog
	// Known is what the next sync compares with.
	Known airbyte.StreamCatalog
}

// Decide applies a connection's policy to a diff between what was known and what
// the source has now. accepted tells that somebody let the sync run though this
// diff had stopped one before: then it is as if everything were propagated.
//
// A stream that breaks, or that the connection names and that is new, is always
// taken as it is now: to select it tells what is wrong.
func Decide(policy connection.OnSchemaChange, d Diff, known, now airbyte.StreamCatalog, uses []Use, accepted bool) Decision {
	switch {
	case d.Empty(), policy == connection.PropagateAll, policy == connection.PauseOnChange && accepted:
		return Decision{Catalog: now, Known: now}
	case policy == connection.PauseOnChange:
		return Decision{Stop: true, Catalog: known, Known: known}
	}
	m := merger{
		policy: policy, known: byDescriptor(known), breaking: map[airbyte.Descriptor]bool{},
		named: map[airbyte.Descriptor]bool{},
	}
	for _, s := range d.Streams {
		m.breaking[s.Stream] = len(s.Breaking) > 0
	}
	for _, u := range uses {
		m.named[u.Stream] = u.Named
	}
	return m.merge(known, now)
}

type merger struct {
	policy          connection.OnSchemaChange
	known           map[airbyte.Descriptor]airbyte.Stream
	breaking, named map[airbyte.Descriptor]bool
}

func (m merger) merge(known, now airbyte.StreamCatalog) Decision {
	d := Decision{}
	there := map[airbyte.Descriptor]bool{}
	for _, s := range now.Streams {
		descriptor := s.Descriptor()
		there[descriptor] = true
		was, isKnown := m.known[descriptor]
		if !isKnown && !m.named[descriptor] {
			continue // nobody has asked for it
		}
		taken, kept := s, s
		if isKnown && m.policy == connection.IgnoreChanges {
			kept = was
			if !m.breaking[descriptor] {
				taken.JSONSchema = was.JSONSchema
			}
		}
		d.Catalog.Streams = append(d.Catalog.Streams, taken)
		d.Known.Streams = append(d.Known.Streams, kept)
	}
	// What is gone stays known, so that it is no news when it comes back.
	for _, s := range known.Streams {
		if !there[s.Descriptor()] {
			d.Known.Streams = append(d.Known.Streams, s)
		}
	}
	return d
}

// Uses gives what a connection takes of the streams it selects.
func Uses(conn *connection.Connection, selected []connection.Selected) []Use {
	uses := make([]Use, 0, len(selected))
	for _, s := range selected {
		u := Use{
			Stream: s.Stream.Descriptor(), Named: conn.Spec.Streams != nil, SyncMode: s.SyncMode,
			CursorField: s.CursorField, PrimaryKey: s.PrimaryKey, Fields: s.SelectedFields,
		}
		for _, wanted := range conn.Spec.Streams {
			if wanted.Name == u.Stream.Name && (wanted.Namespace == "" || wanted.Namespace == u.Stream.Namespace) {
				u.OwnMode, u.OwnCursor, u.OwnKey = wanted.SyncMode != "", wanted.CursorField != nil, wanted.PrimaryKey != nil
			}
		}
		uses = append(uses, u)
	}
	return uses
}

// String tells the diff in a sentence: "users: 2 fields added, 1 removed; orders:
// removed".
func (d Diff) String() string {
	var all []string
	for _, s := range d.Streams {
		all = append(all, s.Stream.String()+": "+s.summary())
	}
	const most = 8
	if len(all) > most {
		all = append(all[:most], plural(len(all)-most, "more stream"))
	}
	return strings.Join(all, "; ")
}
