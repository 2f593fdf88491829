package events

import "knelt.dev/pkg/airbyte"

// ChangeKind says what became of a stream or a field.
type ChangeKind string

// The kinds of changes.
const (
	Added   ChangeKind = "added"
	Removed ChangeKind = "removed"
	Changed ChangeKind = "changed"
)

func (ChangeKind) values() []string {
	return []string{string(Added), string(Removed), string(Changed)}
}

// SchemaChange tells that a source's streams are not what they were at the sync
// before (dev.knelt.connection.schema_changed). The run is the one that found
// it.
type SchemaChange struct {
	Run
	// Sync is the id of the connection's sync that found it; left out if none.
	Sync int64 `json:"sync,omitempty" schema:"minimum=1"`
	// Breaking tells that the connection cannot be synced as it is written.
	Breaking bool `json:"breaking"`
	// Stopped tells that the sync was not run because of it, as the connection's
	// onSchemaChange wants.
	Stopped bool `json:"stopped,omitempty"`
	// Changes, at least one; those that break come first.
	Changes []StreamChange `json:"changes" schema:"minItems=1"`
	// ChangesOmitted is how many were left out, so that every broker forwards the
	// event.
	ChangesOmitted int `json:"changesOmitted,omitempty" schema:"minimum=0"`
}

// StreamChange is the change of one stream.
type StreamChange struct {
	// Stream that changed.
	Stream airbyte.Descriptor `json:"stream"`
	// Change of the stream; changed: its fields tell how.
	Change ChangeKind `json:"change"`
	// Fields that changed.
	Fields []FieldChange `json:"fields,omitempty"`
	// FieldsOmitted is how many were left out.
	FieldsOmitted int `json:"fieldsOmitted,omitempty" schema:"minimum=0"`
	// Notes say what else is another: the key, the cursor, the sync modes.
	Notes []string `json:"notes,omitempty"`
	// Breaking says why the connection cannot sync the stream as it is written;
	// left out: it can.
	Breaking []string `json:"breaking,omitempty"`
}

// FieldChange is the change of one field.
type FieldChange struct {
	// Path of the field in a record.
	Path []string `json:"path" schema:"minItems=1"`
	// Change of the field.
	Change ChangeKind `json:"change"`
	// From is its type before, in words.
	From string `json:"from,omitempty"`
	// To is its type now.
	To string `json:"to,omitempty"`
	// Of is "cursor" or "key" where the field is the stream's, or was.
	Of string `json:"of,omitempty"`
}

// EventType is ConnectionSchemaChanged.
func (*SchemaChange) EventType() string { return ConnectionSchemaChanged }

// EventID is the run's key and "schema_changed".
func (c *SchemaChange) EventID() string { return c.Key() + "/schema_changed" }

func (*SchemaChange) verify() []Problem { return nil }
