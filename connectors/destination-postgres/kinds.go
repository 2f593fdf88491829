package main

import (
	"encoding/json"
	"slices"
	"strings"

	"knelt.dev/connectors/internal/load"
	"knelt.dev/pkg/airbyte"
)

// The types that columns are declared with, as format_type calls them.
const (
	bigint      load.Kind = "bigint"
	numeric     load.Kind = "numeric"
	boolean     load.Kind = "boolean"
	text        load.Kind = "text"
	document    load.Kind = "jsonb"
	date        load.Kind = "date"
	timestamp   load.Kind = "timestamp without time zone"
	timestamptz load.Kind = "timestamp with time zone"
	timeOfDay   load.Kind = "time without time zone"
	timetz      load.Kind = "time with time zone"
	bytea       load.Kind = "bytea"
	uuid        load.Kind = "uuid"
	integer     load.Kind = "integer"
	smallint    load.Kind = "smallint"
	float4      load.Kind = "real"
	float8      load.Kind = "double precision"
)

// Limits of the server: NAMEDATALEN - 1 and MaxHeapAttributeNumber.
const (
	maxName    = 63
	maxColumns = 1600
)

// dialect is what is particular to tables of PostgreSQL.
var dialect = &load.Dialect{
	Product: "PostgreSQL",
	Modes:   []airbyte.DestinationSyncMode{airbyte.Append, airbyte.AppendDedup, airbyte.Overwrite, airbyte.OverwriteDedup},
	RawID:   uuid, Extracted: timestamptz, Generation: bigint, Meta: document, Overflow: document,
	MaxColumns: maxColumns, MaxName: maxName,
	Fold:       func(name string) string { return name },
	IsReserved: isReserved, KindOf: kindOf, Resolve: resolve,
}

// isReserved tells the names of system columns.
func isReserved(name string) bool {
	return slices.Contains([]string{"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"}, name)
}

// kindOf gives the type for a field. One of several types, or of none, is kept as
// JSON.
func kindOf(property json.RawMessage) load.Kind {
	kind, _ := load.OneKind(property, kindOfType, document)
	return kind
}

func kindOfType(name string, p load.Property) load.Kind {
	switch name {
	case "integer":
		if p.AirbyteType == "big_integer" {
			return numeric
		}
		return bigint
	case "number":
		if p.AirbyteType == "integer" {
			return bigint
		}
		return numeric
	case "boolean":
		return boolean
	case "object", "array":
		return document
	case "string":
		return kindOfString(p)
	}
	return ""
}

// kindOfString gives texts of a certain form the type for it. An UUID stays a
// text: nothing is gained by refusing others.
func kindOfString(p load.Property) load.Kind {
	switch {
	case p.AirbyteType == "big_integer", p.AirbyteType == "big_number":
		return numeric
	case p.Format == "date":
		return date
	case p.AirbyteType == "timestamp_without_timezone":
		return timestamp
	case p.AirbyteType == "timestamp_with_timezone", p.Format == "date-time":
		return timestamptz
	case p.AirbyteType == "time_without_timezone":
		return timeOfDay
	case p.AirbyteType == "time_with_timezone":
		return timetz
	case p.Encoding == "base64":
		return bytea
	}
	return text
}

// wider lists, for a type that is wanted, those that can become it without a
// loss.
var wider = map[load.Kind][]load.Kind{
	bigint:      {integer, smallint},
	numeric:     {bigint, integer, smallint},
	timestamp:   {date},
	timestamptz: {date, timestamp},
	text:        {bigint, numeric, boolean, date, timestamp, timestamptz, timeOfDay, timetz, bytea, uuid, integer, smallint, float4, float8},
	document:    {bigint, numeric, boolean, text, date, timestamp, timestamptz, timeOfDay, timetz, bytea, uuid, integer, smallint, float4, float8},
}

// resolve keeps the type of a column, unless what the field is now needs a wider
// one.
func resolve(had load.Kind, property json.RawMessage) load.Kind {
	if property == nil {
		return had
	}
	if wanted := kindOf(property); slices.Contains(wider[wanted], had) {
		return wanted
	}
	return had
}

// converted is the expression that makes a column another type.
func converted(column string, from, to load.Kind) string {
	switch {
	case from == bytea:
		column = `pg_catalog.translate(pg_catalog.encode(` + column + `, 'base64'), E'\n', '')`
		if to == text {
			return column
		}
		return `pg_catalog.to_jsonb(` + column + `)`
	case to == document:
		return `pg_catalog.to_jsonb(` + column + `)`
	}
	return column + `::` + strings.TrimSpace(string(to))
}
