package main

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/pkg/airbyte"
)

// tables are those of a catalog.
type tables struct {
	all          []*table
	byDescriptor map[airbyte.Descriptor]*table
	// byName holds streams whose name is enough to tell them apart, nil for
	// the others: some sources leave the namespace out of their messages.
	byName map[string]*table
}

func newTables(catalog *airbyte.ConfiguredCatalog, prefix string) (tables, error) {
	ts := tables{byDescriptor: map[airbyte.Descriptor]*table{}, byName: map[string]*table{}}
	places := map[string]airbyte.Descriptor{}
	for _, s := range catalog.Streams {
		t, d := newTable(s, prefix), s.Stream.Descriptor()
		if err := checkModes(s); err != nil {
			return ts, kit.InStream(d, err)
		}
		for _, place := range []string{t.name, t.name + "_airbyte_tmp", "_airbyte_key_" + t.name} {
			if other, taken := places[fold(place)]; taken {
				return ts, kit.InStream(d, kit.ConfigError(
					"the streams %q and %q would both be written to %q: give one of them another prefix or namespace", other, d, place))
			}
			places[fold(place)] = d
		}
		ts.add(t, d)
	}
	return ts, nil
}

func checkModes(s airbyte.ConfiguredStream) error {
	switch s.DestinationSyncMode {
	case airbyte.Append, airbyte.Overwrite:
		return nil
	case airbyte.AppendDedup:
		for _, key := range s.PrimaryKey {
			if len(key) == 0 {
				return kit.ConfigError("append_dedup: a part of the primary key names no field")
			}
		}
		if len(s.PrimaryKey) == 0 {
			return kit.ConfigError("append_dedup needs a primary key")
		}
		return nil
	}
	return kit.ConfigError("the destination sync mode %q is not one of append, append_dedup, overwrite", s.DestinationSyncMode)
}

func (ts *tables) add(t *table, d airbyte.Descriptor) {
	ts.all = append(ts.all, t)
	ts.byDescriptor[d] = t
	if _, twice := ts.byName[d.Name]; twice {
		t = nil
	}
	ts.byName[d.Name] = t
}

// of finds the table of a stream; nil if the catalog has none.
func (ts *tables) of(d airbyte.Descriptor) *table {
	if t := ts.byDescriptor[d]; t != nil || d.Namespace != "" {
		return t
	}
	return ts.byName[d.Name]
}

// tableOf finds the table of a record.
func (ts *tables) tableOf(line []byte, e *airbyte.Envelope) *table {
	name, namespace := e.Stream.Of(line), e.Namespace.Of(line)
	if e.Escaped {
		name, namespace = airbyte.Unquote(nil, name), airbyte.Unquote(nil, namespace)
	}
	if len(ts.all) == 1 && string(name) == ts.all[0].stream.Stream.Name && string(namespace) == ts.all[0].stream.Stream.Namespace {
		return ts.all[0]
	}
	return ts.of(airbyte.Descriptor{Namespace: string(namespace), Name: string(name)})
}

// forget closes the statements of all tables.
func (ts *tables) forget() error {
	var err error
	for _, t := range ts.all {
		err = joined(err, t.forget())
	}
	return err
}

// rowIDs makes the rows' ids: random for each run, counted within.
type rowIDs struct {
	text [32]byte
	n    uint64
}

func newRowIDs() rowIDs {
	var run [8]byte
	_, _ = rand.Read(run[:]) // never fails, as crypto/rand says
	var ids rowIDs
	hex.Encode(ids.text[:16], run[:])
	return ids
}

func (ids *rowIDs) next() string {
	ids.n++
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], ids.n)
	hex.Encode(ids.text[16:], n[:])
	return string(ids.text[:])
}
