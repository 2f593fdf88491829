package replication

import (
	"cmp"
	"fmt"

	"knelt.dev/pkg/airbyte"
)

// TraceError is an error as a connector told it.
type TraceError struct {
	Message     string              `json:"message"`
	FailureType airbyte.FailureType `json:"failureType,omitempty"`
	Stream      *airbyte.Descriptor `json:"stream,omitempty"`
}

// String gives a sentence: "stream users: no such table (config_error)".
func (e TraceError) String() string {
	text := cmp.Or(e.Message, noMessage)
	if e.FailureType != "" {
		text = fmt.Sprintf("%s (%s)", text, e.FailureType)
	}
	if e.Stream != nil {
		text = fmt.Sprintf("stream %s: %s", e.Stream, text)
	}
	return text
}

// maxTraceErrors bounds the errors kept of one side.
const maxTraceErrors = 10

// traceError keeps an error in a side's ledger.
func (b *book) traceError(side *SideLedger, e *airbyte.ErrorTrace, redact func(string) string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(side.Errors) < maxTraceErrors {
		side.Errors = append(side.Errors, TraceError{Message: redact(e.Message), FailureType: e.FailureType, Stream: e.StreamDescriptor})
	}
}
