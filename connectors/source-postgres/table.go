package main

import (
	"encoding/json"
	"slices"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/connectors/internal/postgres"
	"knelt.dev/pkg/airbyte"
)

// table is a table or view of the database.
type table struct {
	airbyte.Descriptor
	relation string // pg_class.relkind
	columns  []column
	key      []string // columns of the primary key, in its order
	hidden   bool     // the key has a column that may not be read
}

type column struct {
	name    string
	notNull bool
	unique  bool // no two rows have the same value, but NULL
	kind    kind
}

// addKey notes a column of a unique index: of the primary key, or one that alone
// makes an index.
func (t *table) addKey(name string, primary, alone bool) {
	i := t.columnNamed(name)
	if i >= 0 && alone {
		t.columns[i].unique = true
	}
	if primary {
		t.key = append(t.key, name)
		t.hidden = t.hidden || i < 0
	}
}

func (t *table) columnNamed(name string) int {
	return slices.IndexFunc(t.columns, func(c column) bool { return c.name == name })
}

// resumable tells whether the rows have an order that a state can name.
func (t *table) resumable() bool { return len(t.key) > 0 && !t.hidden }

// stream describes the table as a stream.
func (t *table) stream() airbyte.Stream {
	s := airbyte.Stream{
		Name: t.Name, Namespace: t.Namespace, JSONSchema: t.schema(), IsResumable: t.resumable(),
		SupportedSyncModes: []airbyte.SyncMode{airbyte.FullRefresh, airbyte.Incremental},
	}
	if t.resumable() {
		for _, name := range t.key {
			s.SourceDefinedPrimaryKey = append(s.SourceDefinedPrimaryKey, []string{name})
		}
	}
	if cursor := kit.LikelyCursor(t.columnNamed); cursor >= 0 {
		s.DefaultCursorField = []string{t.columns[cursor].name}
	}
	return s
}

func (t *table) schema() json.RawMessage {
	properties := map[string]any{}
	for _, c := range t.columns {
		properties[c.name] = c.kind.schema
	}
	return kit.ObjectSchema(properties)
}

// choose keeps the columns that the configured schema names, all if it names
// none, and those that a read goes by.
func (t *table) choose(schema json.RawMessage, cursor []string) error {
	var wanted struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if len(schema) > 0 {
		if err := json.Unmarshal(schema, &wanted); err != nil {
			return kit.ConfigError("json_schema: it is no schema")
		}
	}
	if len(wanted.Properties) == 0 {
		return nil
	}
	t.columns = slices.DeleteFunc(t.columns, func(c column) bool {
		_, named := wanted.Properties[c.name]
		return !named && !slices.Contains(t.key, c.name) && !slices.Contains(cursor, c.name)
	})
	return nil
}

// from names the table in a query. Tables that inherit are streams of their
// own, and the primary key says nothing about their rows.
func (t *table) from() string {
	name := postgres.QuoteName(t.Namespace) + "." + postgres.QuoteName(t.Name)
	if t.relation == "r" {
		return "ONLY " + name
	}
	return name
}
