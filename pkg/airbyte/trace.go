package airbyte

// TraceType is the type of a TRACE message.
type TraceType string

// The types of trace.
const (
	TraceError        TraceType = "ERROR"
	TraceEstimate     TraceType = "ESTIMATE"
	TraceStreamStatus TraceType = "STREAM_STATUS"
	TraceAnalytics    TraceType = "ANALYTICS"
)

// TraceMessage tells about the connector's run (AirbyteTraceMessage).
// EmittedAt is in milliseconds and may have a fraction.
type TraceMessage struct {
	Type         TraceType          `json:"type" airbyte:"required"`
	EmittedAt    float64            `json:"emitted_at"`
	Error        *ErrorTrace        `json:"error,omitempty"`
	Estimate     *EstimateTrace     `json:"estimate,omitempty"`
	StreamStatus *StreamStatusTrace `json:"stream_status,omitempty"`
	Analytics    *AnalyticsTrace    `json:"analytics,omitempty"`
	Extra        Extra              `json:"-"`
}

// FailureType says whose fault an error is.
type FailureType string

// The protocol's failure types.
const (
	SystemError    FailureType = "system_error"
	ConfigError    FailureType = "config_error"
	TransientError FailureType = "transient_error"
)

// ErrorTrace is a failure: Message is for the user, the rest for operators.
type ErrorTrace struct {
	Message          string      `json:"message"`
	InternalMessage  string      `json:"internal_message,omitempty"`
	StackTrace       string      `json:"stack_trace,omitempty"`
	FailureType      FailureType `json:"failure_type,omitempty"`
	StreamDescriptor *Descriptor `json:"stream_descriptor,omitempty"`
	Extra            Extra       `json:"-"`
}

// EstimateTrace guesses how much a stream (Type STREAM) or the whole sync
// (Type SYNC) will bring, in rows and bytes.
type EstimateTrace struct {
	Name         string `json:"name"`
	Namespace    string `json:"namespace,omitempty"`
	Type         string `json:"type"`
	RowEstimate  int64  `json:"row_estimate,omitempty" airbyte:"truncate"`
	ByteEstimate int64  `json:"byte_estimate,omitempty" airbyte:"truncate"`
	Extra        Extra  `json:"-"`
}

// StreamStatus is how far a source got with a stream.
type StreamStatus string

// The stream statuses.
const (
	Started    StreamStatus = "STARTED"
	Running    StreamStatus = "RUNNING"
	Complete   StreamStatus = "COMPLETE"
	Incomplete StreamStatus = "INCOMPLETE"
)

// StreamStatusTrace is a stream's status with its reasons.
type StreamStatusTrace struct {
	Descriptor Descriptor     `json:"stream_descriptor" airbyte:"required"`
	Status     StreamStatus   `json:"status" airbyte:"required"`
	Reasons    []StatusReason `json:"reasons,omitempty"`
	Extra      Extra          `json:"-"`
}

// StatusReason says why; its Type is RATE_LIMITED.
type StatusReason struct {
	Type        string       `json:"type"`
	RateLimited *RateLimited `json:"rate_limited,omitempty"`
	Extra       Extra        `json:"-"`
}

// RateLimited tells when a quota is given anew: milliseconds since 1970, 0 if
// not known.
type RateLimited struct {
	QuotaReset int64 `json:"quota_reset,omitempty" airbyte:"truncate"`
	Extra      Extra `json:"-"`
}

// AnalyticsTrace is an event a connector counts about itself.
type AnalyticsTrace struct {
	Type  string `json:"type"`
	Value string `json:"value,omitempty"`
	Extra Extra  `json:"-"`
}
