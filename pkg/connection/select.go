package connection

import (
	"fmt"
	"slices"
	"strings"

	"knelt.dev/pkg/airbyte"
)

// Selected is one stream that a sync moves, with everything decided.
type Selected struct {
	// Stream is the source's own, its schema pruned to SelectedFields if there
	// are any.
	Stream   airbyte.Stream
	SyncMode airbyte.SyncMode
	// DestinationSyncMode may be airbyte.OverwriteDedup, which is not the
	// protocol's and which the relay rewrites.
	DestinationSyncMode airbyte.DestinationSyncMode
	CursorField         []string
	PrimaryKey          [][]string
	// SelectedFields are the top-level fields that move; empty: all.
	SelectedFields []string
}

// Select decides which streams a connection moves, and how, from what the
// source discovered and the destination's spec (nil if there is none). Streams
// come in the catalog's order if the connection names none, else in its own.
//
// What is left out is completed:
//   - SyncMode: incremental if the source can and a cursor is known, else full_refresh.
//   - DestinationSyncMode: for incremental, append_dedup if a primary key is
//     known and the destination lists append_dedup, else append; for
//     full_refresh, overwrite, or append if the destination lists others only.
//   - CursorField and PrimaryKey: the source's own.
//
// A source that lists no sync modes for a stream (old kits) does full_refresh. A
// destination that lists none may do any. The warnings are choices that have no
// effect; the error is a *Problems with every choice that cannot be carried out,
// with file and line.
func Select(conn *Connection, dest *Destination, catalog airbyte.StreamCatalog, destSpec *airbyte.ConnectorSpecification) ([]Selected, []Problem, error) {
	s := &selector{conn: conn, streams: catalog.Streams}
	if destSpec != nil {
		s.destModes = destSpec.SupportedDestinationSyncModes
	}
	s.refreshes = dest != nil && dest.Spec.SupportsRefreshes
	s.checkCatalog()
	var all []Selected
	if conn.Spec.Streams == nil {
		all = s.selectAll()
	} else {
		all = s.selectNamed()
	}
	s.checkNames(all)
	sortProblems(s.warnings)
	if err := problems(s.problems); err != nil {
		return nil, s.warnings, err
	}
	return all, s.warnings, nil
}

type selector struct {
	conn      *Connection
	streams   []airbyte.Stream
	destModes []airbyte.DestinationSyncMode
	refreshes bool
	problems  []Problem
	warnings  []Problem
	// fields are the document's fields that chose each selected stream.
	fields []string
}

func (s *selector) fail(field, message, hint string) {
	s.problems = append(s.problems, Problem{s.conn.Origin.At(field), field, message, hint})
}

func (s *selector) warn(field, message, hint string) {
	s.warnings = append(s.warnings, Problem{s.conn.Origin.At(field), field, message, hint})
}

func (s *selector) checkCatalog() {
	if len(s.streams) == 0 {
		s.fail("spec.source", fmt.Sprintf("source %q offers no stream", s.conn.Spec.Source), "check its config and its permissions (knelt discover)")
	}
	seen := map[airbyte.Descriptor]bool{}
	for _, stream := range s.streams {
		if seen[stream.Descriptor()] {
			s.fail("spec.source", fmt.Sprintf("source %q offers stream %q twice", s.conn.Spec.Source, stream.Descriptor()), "this is a fault of the source connector")
		}
		seen[stream.Descriptor()] = true
	}
}

func (s *selector) selectAll() []Selected {
	var all []Selected
	for _, stream := range s.streams {
		all = append(all, s.decide("spec.streams", StreamSelection{Name: stream.Name, Namespace: stream.Namespace}, stream))
		s.fields = append(s.fields, "spec.streams")
	}
	return all
}

func (s *selector) selectNamed() []Selected {
	if len(s.conn.Spec.Streams) == 0 {
		s.fail("spec.streams", "selects no stream", "name streams, or leave the field out for all of them")
	}
	var all []Selected
	first := map[airbyte.Descriptor]string{}
	for i, choice := range s.conn.Spec.Streams {
		field := itemField("spec.streams", i)
		stream, ok := s.find(field, choice)
		if !ok {
			continue
		}
		d := stream.Descriptor()
		if other, twice := first[d]; twice {
			s.fail(field+".name", fmt.Sprintf("stream %q is selected already by %s (%s)", d, other, s.conn.Origin.At(other)), "remove one of the two")
			continue
		}
		first[d] = field
		all = append(all, s.decide(field, choice, stream))
		s.fields = append(s.fields, field)
	}
	return all
}

// find looks a stream up by name and namespace. A namespace left out means the
// stream without one, else the only one of that name.
func (s *selector) find(field string, choice StreamSelection) (airbyte.Stream, bool) {
	var sameName []airbyte.Stream
	for _, stream := range s.streams {
		if stream.Name == choice.Name && stream.Namespace == choice.Namespace {
			return stream, true
		}
		if stream.Name == choice.Name {
			sameName = append(sameName, stream)
		}
	}
	var namespaces []string
	for _, stream := range sameName {
		namespaces = append(namespaces, stream.Namespace)
	}
	switch {
	case choice.Namespace == "" && len(sameName) == 1:
		return sameName[0], true
	case choice.Namespace == "" && len(sameName) > 1:
		s.fail(field+".name", fmt.Sprintf("the source has stream %q in several namespaces", choice.Name), "add namespace: one of "+listNames(namespaces))
	case len(sameName) > 0:
		s.fail(field+".namespace", fmt.Sprintf("the source has stream %q, but not in namespace %q", choice.Name, choice.Namespace), namespaceHint(choice.Namespace, namespaces))
	case len(s.streams) > 0:
		s.fail(field+".name", fmt.Sprintf("the source has no stream %q", choice.Name), didYouMean(choice.Name, s.names()))
	}
	return airbyte.Stream{}, false
}

func namespaceHint(namespace string, known []string) string {
	if slices.Contains(known, "") {
		return "leave the namespace out"
	}
	return didYouMean(namespace, known)
}

func (s *selector) names() []string {
	var names []string
	for _, stream := range s.streams {
		if !slices.Contains(names, stream.Name) {
			names = append(names, stream.Name)
		}
	}
	return names
}

// checkNames refuses two streams that would be one at the destination.
func (s *selector) checkNames(all []Selected) {
	mapping := s.conn.Mapping()
	first := map[airbyte.Descriptor]airbyte.Descriptor{}
	for i, selected := range all {
		from := selected.Stream.Descriptor()
		to := mapping.Apply(from)
		if other, taken := first[to]; taken && other != from {
			field := s.fields[i]
			if field == "spec.streams" {
				field = "spec.namespaceFormat"
			}
			s.fail(field, fmt.Sprintf("streams %q and %q would both be %q at the destination", other, from, to),
				"put "+sourceNamespace+" into namespaceFormat, or leave one of the two out")
			continue
		}
		first[to] = from
	}
}

// joinModes lists sync modes.
func joinModes[T ~string](modes []T) string {
	names := make([]string, len(modes))
	for i, m := range modes {
		names[i] = string(m)
	}
	return strings.Join(names, ", ")
}
