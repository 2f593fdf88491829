package load

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"knelt.dev/connectors/internal/kit"
)

// schema is the properties of a stream's JSON Schema.
type schema map[string]json.RawMessage

func parseSchema(raw json.RawMessage) (schema, error) {
	var s struct {
		Properties schema `json:"properties"`
	}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, kit.ConfigError("json_schema: %w", err)
		}
	}
	return s.Properties, nil
}

// fields are the names in a fixed order, so that of names that differ in case
// only it is always the same that gets its own for a column.
func (s schema) fields() []string { return slices.Sorted(maps.Keys(s)) }

// Property is what destinations look at in the schema of a field.
type Property struct {
	Type        any               `json:"type"`
	Format      string            `json:"format"`
	AirbyteType string            `json:"airbyte_type"`
	Encoding    string            `json:"contentEncoding"`
	OneOf       []json.RawMessage `json:"oneOf"`
	AnyOf       []json.RawMessage `json:"anyOf"`
}

// EachType calls f for each JSON type that a field may have but null, with the
// part of its schema that says so. Of a schema that cannot be read (true is one,
// too) it is never called.
func EachType(property json.RawMessage, f func(name string, p Property)) {
	var p Property
	if json.Unmarshal(property, &p) != nil {
		return
	}
	types, ok := p.Type.([]any)
	if !ok {
		types = []any{p.Type}
	}
	for _, t := range types {
		if name := fmt.Sprint(t); t != nil && name != "null" {
			f(name, p)
		}
	}
	for _, branch := range slices.Concat(p.OneOf, p.AnyOf) {
		EachType(branch, f)
	}
}

// OneKind gives the kind that all types of a field have, or any if there are
// several or none. of gives a type's kind, "" for none.
func OneKind(property json.RawMessage, of func(name string, p Property) Kind, anyKind Kind) (kind Kind, mixed bool) {
	found := map[Kind]bool{}
	EachType(property, func(name string, p Property) {
		if k := of(name, p); k != "" {
			found[k] = true
		}
	})
	if len(found) == 1 {
		return slices.Collect(maps.Keys(found))[0], false
	}
	return anyKind, len(found) > 1
}
