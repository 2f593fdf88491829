package events

import "slices"

// The types of events.
const (
	SyncRequested  = "dev.knelt.sync.requested"
	SyncStarted    = "dev.knelt.sync.started"
	SyncContinued  = "dev.knelt.sync.continued"
	SyncSucceeded  = "dev.knelt.sync.succeeded"
	SyncIncomplete = "dev.knelt.sync.incomplete"
	SyncFailed     = "dev.knelt.sync.failed"
	SyncCancelled  = "dev.knelt.sync.cancelled"

	CheckRequested = "dev.knelt.check.requested"
	CheckSucceeded = "dev.knelt.check.succeeded"
	CheckFailed    = "dev.knelt.check.failed"

	DiscoverRequested = "dev.knelt.discover.requested"
	DiscoverSucceeded = "dev.knelt.discover.succeeded"
	DiscoverFailed    = "dev.knelt.discover.failed"

	ConnectionSchemaChanged = "dev.knelt.connection.schema_changed"
)

// Types lists all types of events, sorted.
func Types() []string {
	types := make([]string, 0, len(payloads))
	for t := range payloads {
		types = append(types, t)
	}
	slices.Sort(types)
	return types
}

// payloads makes an empty payload for each type of event.
var payloads = map[string]func() Payload{
	SyncRequested:           func() Payload { return new(SyncRequest) },
	SyncStarted:             func() Payload { return new(SyncStart) },
	SyncContinued:           func() Payload { return new(SyncContinuation) },
	SyncSucceeded:           func() Payload { return new(SyncResult) },
	SyncIncomplete:          func() Payload { return new(SyncResult) },
	SyncFailed:              func() Payload { return new(SyncResult) },
	SyncCancelled:           func() Payload { return new(SyncResult) },
	CheckRequested:          func() Payload { return new(CheckRequest) },
	CheckSucceeded:          func() Payload { return new(CheckResult) },
	CheckFailed:             func() Payload { return new(CheckResult) },
	DiscoverRequested:       func() Payload { return new(DiscoverRequest) },
	DiscoverSucceeded:       func() Payload { return new(DiscoverResult) },
	DiscoverFailed:          func() Payload { return new(DiscoverResult) },
	ConnectionSchemaChanged: func() Payload { return new(SchemaChange) },
}

// Source is who sends an event: the CloudEvents attribute of that name, a
// URI-reference.
type Source string

// The senders of events.
const (
	FromScheduler Source = "/knelt/scheduler"
	FromAPI       Source = "/knelt/api"
	FromCLI       Source = "/knelt/cli"
	FromSync      Source = "/knelt/sync"
	FromCheck     Source = "/knelt/check"
	FromDiscover  Source = "/knelt/discover"
)

// Payload is the data of an event: a pointer to one of this package's payload
// types.
type Payload interface {
	// EventType is the type of the event that tells this payload.
	EventType() string
	// EventID is its derived id.
	EventID() string
	// Subject is what it is about; the partitionkey extension is the same, so
	// that a broker which keeps order keeps it per subject.
	Subject() string

	// normalise puts in what may be left out and rounds times.
	normalise()
	// verify tells what the schema cannot.
	verify() []Problem
}
