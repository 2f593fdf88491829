package replication

import (
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/store"
)

// Ledger is the account of one attempt: what each side said, what was relayed,
// and every line that does not add up. Counts are records, sizes bytes of whole
// lines with their newlines.
type Ledger struct {
	Outcome store.Status `json:"outcome"`
	// Detached tells that the attempt goes on without this relay, which has
	// left it to a successor. Outcome is then running.
	Detached bool `json:"detached,omitempty"`
	// Unresumable tells that the attempt failed only because this relay could
	// not go on with what another had begun: both connectors were ended, and an
	// attempt from the checkpoint can be made at once.
	Unresumable bool `json:"unresumable,omitempty"`
	// Reasons say why the outcome is not succeeded, most important first. They
	// are sentences for users.
	Reasons []string `json:"reasons,omitempty"`
	// Notes are worth knowing and change nothing.
	Notes   []string       `json:"notes,omitempty"`
	Streams []StreamLedger `json:"streams"`
	// Total sums the streams; of counts that belong to no single stream (GLOBAL
	// and LEGACY states) it is the only place.
	Total       Counts        `json:"total"`
	Source      SideLedger    `json:"source"`
	Destination SideLedger    `json:"destination"`
	Elapsed     time.Duration `json:"elapsedNanoseconds"`
}

// Counts are what can be counted for a stream and for the whole sync.
type Counts struct {
	// Relayed is what was forwarded to the destination.
	Relayed int64 `json:"relayed"`
	Bytes   int64 `json:"bytes"`
	// SourceSaid sums the source's own counts; nil if it never gave one.
	// SourceCovered is what was relayed under the states that gave one.
	SourceSaid    *int64 `json:"sourceSaid,omitempty"`
	SourceCovered int64  `json:"sourceCovered"`
	// DestinationSaid and Rejected sum the destination's counts on returned
	// states; nil if it never gave one. DestinationCovered is what was relayed
	// under those states.
	DestinationSaid    *int64 `json:"destinationSaid,omitempty"`
	Rejected           *int64 `json:"rejected,omitempty"`
	DestinationCovered int64  `json:"destinationCovered"`
	StatesSent         int64  `json:"statesSent"`
	StatesReturned     int64  `json:"statesReturned"`
	// Broken counts lines that were meant to be messages and could not be used.
	Broken int64 `json:"broken,omitempty"`
}

// StreamLedger is the account of one stream.
type StreamLedger struct {
	Stream airbyte.Descriptor `json:"stream"`
	Counts
	// Status is the last one the source said; empty if none. Complete tells
	// that the stream is whole, said or implied (law of proven success).
	Status   airbyte.StreamStatus `json:"status,omitempty"`
	Complete bool                 `json:"complete"`
	// Estimate is the source's guess of all rows to come; 0 if none.
	Estimate int64    `json:"estimate,omitempty"`
	Reasons  []string `json:"reasons,omitempty"`
}

// SideLedger is the account of one connector.
type SideLedger struct {
	// Exit is nil while the connector runs, or if its end is not known.
	Exit *connector.Exit `json:"exit,omitempty"`
	// Lines counts all lines on stdout, LogLines those that were no data.
	Lines    int64 `json:"lines"`
	LogLines int64 `json:"logLines"`
	Bytes    int64 `json:"bytes"`
	// Errors are the messages of its TRACE ERROR, at most 10.
	Errors []TraceError `json:"errors,omitempty"`
	// Unconfigured counts records and states of streams nobody selected; they
	// were not forwarded.
	Unconfigured map[string]int64 `json:"unconfigured,omitempty"`
	// QuotaReset is when the rate limit that the source told of last ends, in
	// milliseconds since 1970; 0 if it told of none.
	QuotaReset int64 `json:"quotaReset,omitempty"`
	// UnknownStates counts returned states that were never sent.
	UnknownStates int64 `json:"unknownStates,omitempty"`
}
