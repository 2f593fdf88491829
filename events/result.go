package events

import (
	"time"

	"knelt.dev/pkg/airbyte"
)

// Outcome is how a sync ended.
type Outcome string

// The outcomes: the final statuses of pkg/store.
const (
	Succeeded  Outcome = "succeeded"
	Incomplete Outcome = "incomplete"
	Failed     Outcome = "failed"
	Cancelled  Outcome = "cancelled"
)

func (Outcome) values() []string {
	return []string{string(Succeeded), string(Incomplete), string(Failed), string(Cancelled)}
}

// SyncResult tells how a sync ended, with its ledger (dev.knelt.sync.succeeded,
// incomplete, failed, cancelled).
type SyncResult struct {
	Run
	// Sync is the id of the connection's sync; 0 if it did not become one.
	Sync int64 `json:"sync,omitempty" schema:"minimum=1"`
	// Attempts is how many attempts the sync has had in all.
	Attempts int `json:"attempts,omitempty" schema:"minimum=0"`
	// Continuations is how often it was handed from one invocation to the next.
	Continuations int `json:"continuations,omitempty" schema:"minimum=0"`
	// Outcome of the sync; the last word of the event's type.
	Outcome Outcome `json:"outcome"`
	// Failure that ended it, if one thing did.
	Failure *Failure `json:"failure,omitempty"`
	// Reasons say why it did not succeed, most important first, redacted.
	Reasons []string `json:"reasons,omitempty"`
	// QuotaReset is when a rate limit that the source told of ends, so that
	// trying again before cannot help; left out if it told of none.
	QuotaReset time.Time `json:"quotaReset,omitzero"`
	// CheckpointMoved tells whether a next sync goes on from a later position
	// than this one did, so that trying again gets further.
	CheckpointMoved bool `json:"checkpointMoved"`
	// Started is when the sync began.
	Started time.Time `json:"started,omitzero"`
	// Ended is when it ended.
	Ended time.Time `json:"ended"`
	// Total sums the streams; counts of no single stream are only here.
	Total Counts `json:"total"`
	// Streams is a row per stream, those that are not in order first.
	Streams []StreamResult `json:"streams,omitempty"`
	// StreamsOmitted is how many rows were left out, so that every broker
	// forwards the event.
	StreamsOmitted int `json:"streamsOmitted,omitempty" schema:"minimum=0"`
	// Pause says why the connection is to be paused until somebody has looked at
	// it; left out if it is not.
	Pause string `json:"pause,omitempty"`
}

// Counts are what can be counted for a stream and for the whole sync, in
// records, bytes of whole lines, and states.
type Counts struct {
	// SourceSaid sums the source's own counts; left out if it never gave one.
	SourceSaid *int64 `json:"sourceSaid,omitempty" schema:"minimum=0"`
	// Relayed is what was forwarded to the destination.
	Relayed int64 `json:"relayed" schema:"minimum=0"`
	// DestinationSaid is what the destination counted as written; left out if
	// it never counted.
	DestinationSaid *int64 `json:"destinationSaid,omitempty" schema:"minimum=0"`
	// Rejected is what the destination counted as rejected.
	Rejected *int64 `json:"rejected,omitempty" schema:"minimum=0"`
	// Bytes that were relayed.
	Bytes int64 `json:"bytes" schema:"minimum=0"`
	// StatesSent to the destination.
	StatesSent int64 `json:"statesSent" schema:"minimum=0"`
	// StatesReturned by it.
	StatesReturned int64 `json:"statesReturned" schema:"minimum=0"`
	// Broken counts lines that were meant to be messages and could not be used.
	Broken int64 `json:"broken,omitempty" schema:"minimum=0"`
}

// StreamResult is the ledger's row of one stream.
type StreamResult struct {
	// Stream of the row.
	Stream airbyte.Descriptor `json:"stream"`
	Counts
	// Status is the last one the source said; left out if none.
	Status airbyte.StreamStatus `json:"status,omitempty"`
	// Complete tells that the stream is whole, said or implied.
	Complete bool `json:"complete"`
	// Reasons say what does not add up, redacted.
	Reasons []string `json:"reasons,omitempty"`
}

// inOrder tells whether there is nothing to say about the stream.
func (s StreamResult) inOrder() bool { return s.Complete && len(s.Reasons) == 0 }

// Failure says whose fault it was, for users.
type Failure struct {
	// Type is config_error (the user's to mend), transient_error (trying again
	// may help) or system_error.
	Type airbyte.FailureType `json:"type"`
	// Message for users, redacted.
	Message string `json:"message"`
	// Stream it concerns, if one.
	Stream *airbyte.Descriptor `json:"stream,omitempty"`
}

// EventType is the type of the outcome.
func (r *SyncResult) EventType() string { return "dev.knelt.sync." + string(r.Outcome) }

// EventID is the run's key and the outcome.
func (r *SyncResult) EventID() string { return r.Key() + "/" + string(r.Outcome) }

func (r *SyncResult) verify() []Problem {
	if r.Outcome == Succeeded && (r.Failure != nil || len(r.Reasons) > 0) {
		return []Problem{{"/data/outcome", "is succeeded, and yet there is a failure or a reason"}}
	}
	return nil
}
