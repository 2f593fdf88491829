package main

import (
	"encoding/json"
	"slices"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/pkg/airbyte"
)

// cursorField rises from row to row in each stream.
const cursorField = "updated_at"

// productCount is the number of products: a shop's range does not grow with
// its customers.
const productCount = 100

// purchasesPerUser is how many purchases each user makes. A user's purchases
// follow each other, so that the user exists whatever the count is.
const purchasesPerUser = 2

var streamNames = []string{"users", "products", "purchases"}

var properties = map[string]string{
	"users": `"name":{"type":"string"},"email":{"type":"string"},"age":{"type":"integer"},"country":{"type":"string"},` +
		`"newsletter":{"type":"boolean"},`,
	"products":  `"name":{"type":"string"},"sku":{"type":"string"},"price":{"type":"number"},"in_stock":{"type":"boolean"},`,
	"purchases": `"user_id":{"type":"integer"},"product_id":{"type":"integer"},"quantity":{"type":"integer"},"amount":{"type":"number"},`,
}

// schemaOf gives the JSON Schema of a stream's rows.
func schemaOf(stream string) json.RawMessage {
	return json.RawMessage(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["id","updated_at"],` +
		`"properties":{"id":{"type":"integer"},` + properties[stream] +
		`"created_at":{"type":"string","format":"date-time","airbyte_type":"timestamp_with_timezone"},` +
		`"updated_at":{"type":"string","format":"date-time","airbyte_type":"timestamp_with_timezone"},` +
		`"notes":{"type":["null","string"]}}}`)
}

// selected are the streams that the config lets be seen.
func (c config) selected() []string {
	if len(c.Streams) == 0 {
		return streamNames
	}
	return c.Streams
}

func (c config) catalog() *airbyte.StreamCatalog {
	catalog := &airbyte.StreamCatalog{}
	for _, name := range c.selected() {
		catalog.Streams = append(catalog.Streams, airbyte.Stream{
			Name: name, Namespace: c.Namespace, JSONSchema: schemaOf(name),
			SupportedSyncModes:      []airbyte.SyncMode{airbyte.FullRefresh, airbyte.Incremental},
			SourceDefinedCursor:     true,
			DefaultCursorField:      []string{cursorField},
			SourceDefinedPrimaryKey: [][]string{{"id"}},
			IsResumable:             true,
		})
	}
	return catalog
}

// has tells whether the stream is one of the source's.
func (c config) has(d airbyte.Descriptor) error {
	if d.Namespace != c.Namespace || !slices.Contains(c.selected(), d.Name) {
		return kit.ConfigError("catalog: there is no stream %s; discover tells which there are", d)
	}
	return nil
}

// rowsOf is the number of rows that a stream has.
func (c config) rowsOf(stream string) int64 {
	switch stream {
	case "products":
		return productCount
	case "purchases":
		return c.Count * purchasesPerUser
	}
	return c.Count
}
