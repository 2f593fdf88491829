package load

import (
	"encoding/json"

	"knelt.dev/pkg/airbyte"
)

// Kind is the type a column is declared with, in the words of the database.
type Kind string

// Column is one column of a table.
type Column struct {
	Name string
	Kind Kind
}

// The columns every table has in front of the stream's own, in this order.
const (
	RawIDColumn      = "_airbyte_raw_id"
	ExtractedColumn  = "_airbyte_extracted_at"
	GenerationColumn = "_airbyte_generation_id"
	MetaColumn       = "_airbyte_meta"
	// OverflowColumn holds the fields for which the table has no room. A table
	// has it only once it is full.
	OverflowColumn = "_airbyte_overflow"
)

// Dialect is what tables need to know of their database.
type Dialect struct {
	// Modes are the destination sync modes that it knows.
	Modes []airbyte.DestinationSyncMode
	// RawID, Extracted, Generation, Meta and Overflow are the kinds of those
	// columns.
	RawID, Extracted, Generation, Meta, Overflow Kind
	// Product is what to call it in messages.
	Product string
	// MaxColumns a table can have.
	MaxColumns int
	// MaxName is how many bytes a name can have; 0: any number.
	MaxName int
	// Fold gives what names are compared by.
	Fold func(name string) string
	// IsReserved tells names that no column of ours may have.
	IsReserved func(name string) bool
	// KindOf gives the kind for a field by its JSON Schema, nil for a field that
	// the schema does not name.
	KindOf func(property json.RawMessage) Kind
	// Resolve gives the kind for a field whose column exists: the one it has,
	// or another one that it must be given.
	Resolve func(had Kind, property json.RawMessage) Kind
}
