package fakeapi

import "knelt.dev/pkg/api"

// The API's own types are answered, so that what it says and what the fake says
// cannot part. What they hold is made up, and is held against the document.
type (
	// Connection is a row of the list, Last how its last sync ended, Running the
	// one that runs.
	Connection = api.Connection
	// Last is an api.LastSync.
	Last = api.LastSync
	// Running is an api.RunningSync.
	Running = api.RunningSync
	// Detail is an api.ConnectionDetail.
	Detail = api.ConnectionDetail
	// Stream is one of a connection.
	Stream = api.Stream
	// SchemaChange is how a source's catalog has changed.
	SchemaChange = api.SchemaChange
	// StreamChange is that of one stream.
	StreamChange = api.StreamChange
	// FieldChange is that of one field.
	FieldChange = api.FieldChange
	// SyncRow is a sync in a list.
	SyncRow = api.SyncRow
	// Sync is all of a sync.
	Sync = api.Sync
	// Attempt is one at a sync.
	Attempt = api.Attempt
	// Relay is one that went on with an attempt.
	Relay = api.Relay
	// Counts are above the list.
	Counts = api.Counts
	// Progress is of a running sync.
	Progress = api.Progress
	// StreamProgress is that of one stream.
	StreamProgress = api.StreamProgress
	// Resource is a Source or a Destination.
	Resource = api.Resource
)
