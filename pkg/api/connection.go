package api

import (
	"encoding/json"
	"slices"
	"time"

	"knelt.dev/pkg/airbyte"
)

// Status is how a connection or a sync stands.
type Status string

// The statuses. Never is only a connection's, all but Never and Running are
// final.
const (
	Never      Status = "never"
	Running    Status = "running"
	Succeeded  Status = "succeeded"
	Incomplete Status = "incomplete"
	Failed     Status = "failed"
	Cancelled  Status = "cancelled"
)

var statuses = []Status{Never, Running, Succeeded, Incomplete, Failed, Cancelled}

// Statuses lists them all.
func Statuses() []Status { return slices.Clone(statuses) }

func (Status) values() []string { return texts(statuses) }

// Connection is a row of the list.
type Connection struct {
	// Namespace it lives in; left out where there are none.
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// Source and Destination it names.
	Source      string `json:"source"`
	Destination string `json:"destination"`
	// Status is running, else that of the last sync, or never.
	Status Status `json:"status"`
	// Schedule for people, such as "every 1h" or "0 2 * * * Europe/Berlin";
	// "manual" if there is none.
	Schedule string `json:"schedule"`
	// Next is when it is due; left out if it is not.
	Next time.Time `json:"next,omitzero"`
	// Paused tells that nothing is started by itself.
	Paused bool `json:"paused"`
	// PausedBy tells who has paused it: the document ("spec"), a user of the API
	// ("api"), or a change of the source's schema ("schemaChange").
	PausedBy PausedBy `json:"pausedBy,omitempty"`
	// Last sync that has ended.
	Last *LastSync `json:"last,omitempty"`
	// Running is the sync that runs now.
	Running *RunningSync `json:"running,omitempty"`
	// FailuresInRow counts the syncs that ended without progress since the last
	// that made some.
	FailuresInRow int `json:"failuresInRow"`
	// Problem is why it cannot be synced as it is written, or why it is not tried
	// any more.
	Problem string `json:"problem,omitempty"`
}

// PausedBy is who has paused a connection.
type PausedBy string

// Who can.
const (
	PausedBySpec         PausedBy = "spec"
	PausedByAPI          PausedBy = "api"
	PausedBySchemaChange PausedBy = "schemaChange"
)

func (PausedBy) values() []string {
	return texts([]PausedBy{PausedBySpec, PausedByAPI, PausedBySchemaChange})
}

// LastSync is how a connection's last sync ended.
type LastSync struct {
	ID      int64     `json:"id"`
	Status  Status    `json:"status"`
	Started time.Time `json:"started,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`
	// Records and Bytes that were relayed in its last attempt.
	Records int64 `json:"records"`
	Bytes   int64 `json:"bytes"`
	// Reasons why it did not succeed, most important first.
	Reasons []string `json:"reasons,omitempty"`
}

// RunningSync is a sync that runs.
type RunningSync struct {
	// ID of the sync; 0 while it has none yet.
	ID      int64 `json:"id"`
	Attempt int   `json:"attempt"`
	// Started is when the attempt was.
	Started time.Time `json:"started,omitzero"`
	// Cancelling tells that it was asked to end.
	Cancelling bool `json:"cancelling,omitempty"`
}

// ConnectionDetail is all of one connection.
type ConnectionDetail struct {
	Connection
	// Streams that are selected or have state, sorted.
	Streams []Stream `json:"streams"`
	// Spec is the document's, with its defaults. It holds no secrets.
	Spec json.RawMessage `json:"spec"`
	// SchemaChange is what was found when the source's catalog was last compared;
	// left out if there is nothing.
	SchemaChange *SchemaChange `json:"schemaChange,omitempty"`
}

// Stream of a connection.
type Stream struct {
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// SyncMode and the next are left out where the source's catalog decides.
	SyncMode            airbyte.SyncMode            `json:"syncMode,omitempty"`
	DestinationSyncMode airbyte.DestinationSyncMode `json:"destinationSyncMode,omitempty"`
	CursorField         []string                    `json:"cursorField,omitempty"`
	PrimaryKey          [][]string                  `json:"primaryKey,omitempty"`
	// Selected tells that the document moves it.
	Selected bool `json:"selected"`
	// Generation counts how often it was begun anew.
	Generation int64 `json:"generation"`
	// State tells that the next sync goes on from a state.
	State bool `json:"state"`
}

// SchemaChange tells how a source's catalog differs from the one before.
type SchemaChange struct {
	Found time.Time `json:"found,omitzero"`
	// Breaking tells that the connection cannot be synced as it is written.
	Breaking bool           `json:"breaking"`
	Changes  []StreamChange `json:"changes"`
}

// StreamChange is how one stream differs.
type StreamChange struct {
	Stream airbyte.Descriptor `json:"stream"`
	// Change is added, removed or changed.
	Change string        `json:"change"`
	Fields []FieldChange `json:"fields,omitempty"`
}

// FieldChange is how a field differs.
type FieldChange struct {
	Path   []string `json:"path"`
	Change string   `json:"change"`
}

// Counts are the numbers above the list.
type Counts struct {
	Total   int `json:"total"`
	Running int `json:"running"`
	// Failed, Incomplete and Paused are connections that stand so now.
	Failed     int `json:"failed"`
	Incomplete int `json:"incomplete"`
	Paused     int `json:"paused"`
	// Succeeded24h are connections whose last sync succeeded within 24 hours.
	Succeeded24h int `json:"succeeded24h"`
}
