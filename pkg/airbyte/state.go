package airbyte

import "encoding/json"

// StateKind is the kind of a STATE message. The three are never mixed in one
// sync.
type StateKind string

// The kinds of state. A state without "type" is Legacy.
const (
	StreamState StateKind = "STREAM"
	GlobalState StateKind = "GLOBAL"
	LegacyState StateKind = "LEGACY"
)

// StateMessage is where a source can go on from (AirbyteStateMessage).
type StateMessage struct {
	Kind StateKind `json:"type,omitempty"`
	// Untyped tells that "type" was absent or null: Kind is LegacyState then,
	// and encoding leaves "type" out again.
	Untyped          bool            `json:"-"`
	Stream           *StreamPosition `json:"stream,omitempty"`
	Global           *GlobalPosition `json:"global,omitempty"`
	Data             json.RawMessage `json:"data,omitempty"`
	SourceStats      *StateStats     `json:"sourceStats,omitempty"`
	DestinationStats *StateStats     `json:"destinationStats,omitempty"`
	// ID is the number the engine gave the state; the destination echoes it.
	ID    *int64 `json:"id,omitempty"`
	Extra Extra  `json:"-"`
}

// StreamPosition is the state of one stream (AirbyteStreamState). A nil or
// null State asks for a reset of the stream; decoding gives null for an absent
// one.
type StreamPosition struct {
	Descriptor Descriptor      `json:"stream_descriptor" airbyte:"required"`
	State      json.RawMessage `json:"stream_state" airbyte:"default=null"`
	Extra      Extra           `json:"-"`
}

// GlobalPosition is the state of all streams together (AirbyteGlobalState).
type GlobalPosition struct {
	SharedState  json.RawMessage  `json:"shared_state,omitempty"`
	StreamStates []StreamPosition `json:"stream_states"`
	Extra        Extra            `json:"-"`
}

// StateStats counts the records that belong to one state (AirbyteStateStats).
type StateStats struct {
	RecordCount         *Count           `json:"recordCount,omitempty"`
	RejectedRecordCount *Count           `json:"rejectedRecordCount,omitempty"`
	AdditionalStats     map[string]Count `json:"additionalStats,omitempty"`
	Extra               Extra            `json:"-"`
}

// Count is a number of records. The protocol writes it as a double and always
// with a decimal point: 100 is written 100.0 and read as 100 or 100.0.
type Count float64
