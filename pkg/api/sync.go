package api

import (
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/replication"
)

// SyncRow is a sync in the list of a connection's.
type SyncRow struct {
	ID     int64  `json:"id"`
	Status Status `json:"status"`
	Kind   Kind   `json:"kind"`
	// Reason why it was wanted, as far as it is known: schedule, manual, retry.
	Reason string `json:"reason,omitempty"`
	// Due is when it was due, of what was asked for by an event.
	Due     time.Time `json:"due,omitzero"`
	Started time.Time `json:"started,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`
	// AttemptCount is how many attempts there were.
	AttemptCount int `json:"attemptCount"`
	// Records and Bytes that were relayed in all attempts.
	Records int64 `json:"records"`
	Bytes   int64 `json:"bytes"`
	// Reasons why the last attempt did not succeed.
	Reasons []string `json:"reasons,omitempty"`
	// Abandoned tells of a running sync that nobody runs: the next one goes on
	// with it.
	Abandoned bool `json:"abandoned,omitempty"`
}

// Kind of a sync.
type Kind string

// The kinds.
const (
	KindSync  Kind = "sync"
	KindReset Kind = "reset"
)

func (Kind) values() []string { return texts([]Kind{KindSync, KindReset}) }

// Sync is all that is kept of a sync.
type Sync struct {
	SyncRow
	// Refresh are the streams that it reads from scratch, or a reset empties.
	Refresh []airbyte.Descriptor `json:"refresh,omitempty"`
	// Cancelling tells that it was asked to end and has not ended yet.
	Cancelling bool `json:"cancelling,omitempty"`
	// Attempts at it, oldest first.
	Attempts []Attempt `json:"attempts"`
}

// Attempt at a sync.
type Attempt struct {
	Number  int       `json:"number"`
	Epoch   int64     `json:"epoch"`
	Status  Status    `json:"status"`
	Due     time.Time `json:"due,omitzero"`
	Started time.Time `json:"started,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`
	Reasons []string  `json:"reasons,omitempty"`
	// Final tells that trying again cannot help before somebody changes something.
	Final bool `json:"final,omitempty"`
	// Relays that went on with the attempt after its first, in their order.
	Relays []Relay `json:"relays,omitempty"`
	// Ledger of the attempt, of a running one that of two seconds ago; left out
	// until rows move.
	Ledger *replication.Ledger `json:"ledger,omitempty"`
}

// Relay is one taking over of running connectors.
type Relay struct {
	Epoch  int64     `json:"epoch"`
	Holder string    `json:"holder"`
	At     time.Time `json:"at,omitzero"`
}

// SyncWish asks for a sync now.
type SyncWish struct {
	// Kind of sync; left out: sync. A reset needs the scope admin.
	Kind Kind `json:"kind,omitempty"`
	// Refresh are streams to read from scratch; of a reset those to empty, or all
	// if it is left out.
	Refresh []airbyte.Descriptor `json:"refresh,omitempty"`
}

// Accepted tells that a sync will run.
type Accepted struct {
	// Run is the key of what was asked for: the sync's attempts carry it.
	Run string    `json:"run"`
	Due time.Time `json:"due"`
}

// Progress of a running sync.
type Progress struct {
	ID      int64  `json:"id"`
	Status  Status `json:"status"`
	Attempt int    `json:"attempt"`
	// Records and Bytes relayed so far in the attempt.
	Records int64 `json:"records"`
	Bytes   int64 `json:"bytes"`
	// At is when this was so.
	At      time.Time        `json:"at"`
	Streams []StreamProgress `json:"streams"`
}

// StreamProgress is how far one stream is.
type StreamProgress struct {
	Stream airbyte.Descriptor `json:"stream"`
	// Read records were relayed to the destination, with their Bytes.
	Read  int64 `json:"read"`
	Bytes int64 `json:"bytes"`
	// Written records are committed by the destination; left out if it does not
	// say.
	Written *int64 `json:"written,omitempty"`
	// Estimate is the source's guess of all records; left out if it makes none.
	Estimate int64 `json:"estimate,omitempty"`
	// Status is the last one that the source said.
	Status   airbyte.StreamStatus `json:"status,omitempty"`
	Complete bool                 `json:"complete"`
}

// State is where a connection goes on from.
type State struct {
	// State is the list of states as the source will get it and as `knelt state`
	// prints it: STATE messages' "state" objects, or one object of a LEGACY source.
	State stateJSON `json:"state"`
	// Kind of the states: STREAM, GLOBAL or LEGACY; left out if there is none.
	Kind airbyte.StateKind `json:"kind,omitempty"`
}
