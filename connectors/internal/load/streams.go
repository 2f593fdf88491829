package load

import (
	"slices"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/pkg/airbyte"
)

// streams are those of a catalog.
type streams struct {
	all          []Target
	byDescriptor map[airbyte.Descriptor]Target
	// byName holds streams whose name is enough to tell them apart, nil for
	// the others: some sources leave the namespace out of their messages.
	byName map[string]Target
}

func newStreams(catalog *airbyte.ConfiguredCatalog, db Database) (streams, error) {
	ts := streams{byDescriptor: map[airbyte.Descriptor]Target{}, byName: map[string]Target{}}
	places := map[string]airbyte.Descriptor{}
	for _, s := range catalog.Streams {
		t, taken := db.Target(s)
		d, table := s.Stream.Descriptor(), t.Core()
		if err := checkMode(s, table.Modes); err != nil {
			return ts, kit.InStream(d, err)
		}
		for _, place := range taken {
			if other, taken := places[table.Fold(place)]; taken {
				return ts, kit.InStream(d, kit.ConfigError(
					"the streams %q and %q would both be written to %q: give one of them another prefix or namespace", other, d, place))
			}
			places[table.Fold(place)] = d
		}
		ts.add(t, d)
	}
	return ts, nil
}

func checkMode(s airbyte.ConfiguredStream, known []airbyte.DestinationSyncMode) error {
	mode := s.DestinationSyncMode
	switch {
	case !slices.Contains(known, mode):
		return kit.ConfigError("the destination sync mode %q is not one of %v", mode, known)
	case mode != airbyte.AppendDedup && mode != airbyte.OverwriteDedup:
		return nil
	case len(s.PrimaryKey) == 0:
		return kit.ConfigError("%s needs a primary key", mode)
	case slices.ContainsFunc(s.PrimaryKey, func(key []string) bool { return len(key) == 0 }):
		return kit.ConfigError("%s: a part of the primary key names no field", mode)
	}
	return nil
}

func (ts *streams) add(t Target, d airbyte.Descriptor) {
	ts.all = append(ts.all, t)
	ts.byDescriptor[d] = t
	if _, twice := ts.byName[d.Name]; twice {
		t = nil
	}
	ts.byName[d.Name] = t
}

// of finds the table of a stream; nil if the catalog has none.
func (ts *streams) of(d airbyte.Descriptor) Target {
	if t := ts.byDescriptor[d]; t != nil || d.Namespace != "" {
		return t
	}
	return ts.byName[d.Name]
}

// targetOf finds the table of a record.
func (ts *streams) targetOf(line []byte, e *airbyte.Envelope) Target {
	name, namespace := e.Stream.Of(line), e.Namespace.Of(line)
	if e.Escaped {
		name, namespace = airbyte.Unquote(nil, name), airbyte.Unquote(nil, namespace)
	}
	if len(ts.all) == 1 {
		only := ts.all[0].Core().Stream.Stream
		if string(name) == only.Name && string(namespace) == only.Namespace {
			return ts.all[0]
		}
	}
	return ts.of(airbyte.Descriptor{Namespace: string(namespace), Name: string(name)})
}

// forget closes the statements of all tables.
func (ts *streams) forget() error {
	var err error
	for _, t := range ts.all {
		err = Joined(err, t.Forget())
	}
	return err
}
