package kit

import (
	"strconv"
	"time"

	"knelt.dev/pkg/airbyte"
)

// RecordTemplate is the part of a RECORD line that all rows of a stream share.
type RecordTemplate struct{ head, tail string }

// NewRecordTemplate makes the template of a stream. All its rows carry the
// same emitted_at.
func NewRecordTemplate(d airbyte.Descriptor, emittedAt time.Time) RecordTemplate {
	head := `{"type":"RECORD","record":{"stream":` + quote(d.Name)
	if d.Namespace != "" {
		head += `,"namespace":` + quote(d.Namespace)
	}
	tail := `,"emitted_at":` + strconv.FormatInt(emittedAt.UnixMilli(), 10) + "}}\n"
	return RecordTemplate{head: head + `,"data":`, tail: tail}
}

// quote writes s as a JSON string.
func quote(s string) string { return string(airbyte.AppendString(nil, s)) }

// Head is the line up to the row.
func (r RecordTemplate) Head() string { return r.head }

// Tail is the line after the row, with the newline.
func (r RecordTemplate) Tail() string { return r.tail }

// Append appends the line of one row.
func (r RecordTemplate) Append(dst, data []byte) []byte {
	dst = append(dst, r.head...)
	dst = append(dst, data...)
	return append(dst, r.tail...)
}

// State emits a state.
func (e *Emitter) State(s *airbyte.StateMessage) error {
	return e.Message(&airbyte.Message{Type: airbyte.State, State: s})
}

// Log emits a log line; level is one of FATAL ERROR WARN INFO DEBUG TRACE.
func (e *Emitter) Log(level, text string) error {
	return e.Message(&airbyte.Message{Type: airbyte.Log, Log: &airbyte.LogMessage{Level: level, Message: text}})
}

// Status emits a stream's status.
func (e *Emitter) Status(d airbyte.Descriptor, status airbyte.StreamStatus) error {
	return e.trace(&airbyte.TraceMessage{
		Type:         airbyte.TraceStreamStatus,
		StreamStatus: &airbyte.StreamStatusTrace{Descriptor: d, Status: status},
	})
}

// Failure emits the TRACE ERROR of err. The kit does so itself for the error
// that a command returns; a source that goes on after one stream failed calls
// it for that.
func (e *Emitter) Failure(err error) error {
	return e.trace(&airbyte.TraceMessage{Type: airbyte.TraceError, Error: traceOf(err)})
}

func (e *Emitter) trace(t *airbyte.TraceMessage) error {
	t.EmittedAt = float64(time.Now().UnixMilli())
	return e.Message(&airbyte.Message{Type: airbyte.Trace, Trace: t})
}
