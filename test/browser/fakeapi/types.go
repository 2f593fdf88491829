package fakeapi

import (
	"encoding/json"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// Never is the status of a connection that was never synced.
const Never store.Status = "never"

// Connection is a row of the list.
type Connection struct {
	Namespace     string       `json:"namespace,omitempty"`
	Name          string       `json:"name"`
	Source        string       `json:"source"`
	Destination   string       `json:"destination"`
	Status        store.Status `json:"status"`
	Schedule      string       `json:"schedule"`
	Next          time.Time    `json:"next,omitzero"`
	Paused        bool         `json:"paused"`
	PausedBy      string       `json:"pausedBy,omitempty"`
	Last          *Last        `json:"last,omitempty"`
	Running       *Running     `json:"running,omitempty"`
	FailuresInRow int          `json:"failuresInRow"`
	Problem       string       `json:"problem,omitempty"`
}

// Last is how the last sync ended.
type Last struct {
	ID      int64        `json:"id"`
	Status  store.Status `json:"status"`
	Started time.Time    `json:"started,omitzero"`
	Ended   time.Time    `json:"ended,omitzero"`
	Records int64        `json:"records"`
	Bytes   int64        `json:"bytes"`
	Reasons []string     `json:"reasons,omitempty"`
}

// Running is the sync that runs.
type Running struct {
	ID         int64     `json:"id"`
	Attempt    int       `json:"attempt"`
	Started    time.Time `json:"started,omitzero"`
	Cancelling bool      `json:"cancelling,omitempty"`
}

// Detail is all of a connection.
type Detail struct {
	Connection
	Streams      []Stream        `json:"streams"`
	Spec         json.RawMessage `json:"spec"`
	SchemaChange *SchemaChange   `json:"schemaChange,omitempty"`
}

// Stream of a connection.
type Stream struct {
	Namespace           string     `json:"namespace,omitempty"`
	Name                string     `json:"name"`
	SyncMode            string     `json:"syncMode,omitempty"`
	DestinationSyncMode string     `json:"destinationSyncMode,omitempty"`
	CursorField         []string   `json:"cursorField,omitempty"`
	PrimaryKey          [][]string `json:"primaryKey,omitempty"`
	Selected            bool       `json:"selected"`
	Generation          int64      `json:"generation"`
	State               bool       `json:"state"`
}

// SchemaChange is how a source's catalog has changed.
type SchemaChange struct {
	Found    time.Time      `json:"found,omitzero"`
	Breaking bool           `json:"breaking"`
	Changes  []StreamChange `json:"changes"`
}

// StreamChange is that of one stream.
type StreamChange struct {
	Stream airbyte.Descriptor `json:"stream"`
	Change string             `json:"change"`
	Fields []FieldChange      `json:"fields,omitempty"`
}

// FieldChange is that of one field.
type FieldChange struct {
	Path   []string `json:"path"`
	Change string   `json:"change"`
}

// SyncRow is a sync in a list.
type SyncRow struct {
	ID           int64        `json:"id"`
	Status       store.Status `json:"status"`
	Kind         string       `json:"kind"`
	Reason       string       `json:"reason,omitempty"`
	Due          time.Time    `json:"due,omitzero"`
	Started      time.Time    `json:"started,omitzero"`
	Ended        time.Time    `json:"ended,omitzero"`
	AttemptCount int          `json:"attemptCount"`
	Records      int64        `json:"records"`
	Bytes        int64        `json:"bytes"`
	Reasons      []string     `json:"reasons,omitempty"`
}

// Sync is all of a sync.
type Sync struct {
	SyncRow
	Refresh    []airbyte.Descriptor `json:"refresh,omitempty"`
	Cancelling bool                 `json:"cancelling,omitempty"`
	Attempts   []Attempt            `json:"attempts"`
}

// Attempt at a sync.
type Attempt struct {
	Number  int                 `json:"number"`
	Epoch   int64               `json:"epoch"`
	Status  store.Status        `json:"status"`
	Started time.Time           `json:"started,omitzero"`
	Ended   time.Time           `json:"ended,omitzero"`
	Reasons []string            `json:"reasons,omitempty"`
	Final   bool                `json:"final,omitempty"`
	Relays  []store.Succession  `json:"relays,omitempty"`
	Ledger  *replication.Ledger `json:"ledger,omitempty"`
}

// Counts are the numbers above the list.
type Counts struct {
	Total        int `json:"total"`
	Running      int `json:"running"`
	Failed       int `json:"failed"`
	Incomplete   int `json:"incomplete"`
	Paused       int `json:"paused"`
	Succeeded24h int `json:"succeeded24h"`
}

// Progress of a running sync.
type Progress struct {
	ID      int64            `json:"id"`
	Status  store.Status     `json:"status"`
	Attempt int              `json:"attempt"`
	Records int64            `json:"records"`
	Bytes   int64            `json:"bytes"`
	At      time.Time        `json:"at"`
	Streams []StreamProgress `json:"streams"`
}

// StreamProgress is that of one stream.
type StreamProgress struct {
	Stream   airbyte.Descriptor   `json:"stream"`
	Read     int64                `json:"read"`
	Written  int64                `json:"written"`
	Bytes    int64                `json:"bytes"`
	Estimate int64                `json:"estimate,omitempty"`
	Status   airbyte.StreamStatus `json:"status,omitempty"`
	Complete bool                 `json:"complete"`
}

// Resource is a Source or a Destination.
type Resource struct {
	Namespace string          `json:"namespace,omitempty"`
	Name      string          `json:"name"`
	Connector string          `json:"connector"`
	Config    json.RawMessage `json:"config"`
	UsedBy    []string        `json:"usedBy"`
}

// page is a part of a list.
type page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}
