package fakeapi

import "knelt.dev/pkg/api"

// What the fake answers with is what the API does: the same types. What they
// hold is the fake's own, and is held against the document.
type (
	Connection     = api.Connection
	Last           = api.LastSync
	Running        = api.RunningSync
	Detail         = api.ConnectionDetail
	Stream         = api.Stream
	SchemaChange   = api.SchemaChange
	StreamChange   = api.StreamChange
	FieldChange    = api.FieldChange
	SyncRow        = api.SyncRow
	Sync           = api.Sync
	Attempt        = api.Attempt
	Relay          = api.Relay
	Counts         = api.Counts
	Progress       = api.Progress
	StreamProgress = api.StreamProgress
	Resource       = api.Resource
)
