package airbyte

// Span is a half-open range of a line's bytes. The zero Span is empty.
type Span struct{ Start, End int }

// Of gives the bytes of line that s covers.
func (s Span) Of(line []byte) []byte { return line[s.Start:s.End] }

// Empty tells whether s covers nothing.
func (s Span) Empty() bool { return s.Start == s.End }

// Verdict is what Classify makes of a line.
type Verdict uint8

const (
	// LogLine is no message: blank, plain text, or valid JSON without a "type"
	// that the protocol knows. It is a line of the connector's log.
	LogLine Verdict = iota
	// ProtocolLine is a valid message; the Envelope tells which.
	ProtocolLine
	// BrokenLine was meant to be a message and cannot be used: not valid JSON
	// or UTF-8, an envelope key twice, no body for its type. It may hold
	// records or secrets, so its text must not be logged.
	BrokenLine
)

// Envelope is what Classify found in a line. Nothing is copied: every Span
// points into the line.
type Envelope struct {
	// Type of the message. Of a BrokenLine: what it was meant to be, as far
	// as can be told (None if not).
	Type Type
	// Body is the value under the key of Type: the object after "record",
	// "state", "connectionStatus" and so on.
	Body Span
	// Stream and Namespace of a RECORD: the contents of the strings, without
	// quotes, still escaped if Escaped is set. Namespace is empty where it is
	// absent, null or "".
	Stream, Namespace Span
	// Escaped tells that Stream or Namespace holds a backslash.
	Escaped bool
	// EmittedAt is the number of record.emitted_at as it was written.
	EmittedAt Span
	// Data is the value of record.data.
	Data Span
	// Problem and Offset say what makes a line a BrokenLine, and where (byte offset).
	Problem Problem
	Offset  int
}

// Problem is a reason why a line is a BrokenLine; its String is a phrase for users.
type Problem uint8
