package replication

import (
	"fmt"
	"strings"

	"knelt.dev/pkg/airbyte"
)

// journal writes the sync's log lines.
type journal struct{ log func(LogLine) }

func (j *journal) line(l LogLine) {
	if j.log != nil {
		j.log(l)
	}
}

// text logs a line that is no message.
func (j *journal) text(from Origin, stderr bool, line []byte) {
	if len(line) > 0 {
		j.line(LogLine{Origin: from, Level: "INFO", Stderr: stderr, Message: line[:min(len(line), maxLogLine)]})
	}
}

// message logs a LOG message with its stack trace.
func (j *journal) message(from Origin, m *airbyte.LogMessage) {
	text := m.Message
	if m.StackTrace != "" {
		text += "\n" + m.StackTrace
	}
	j.line(LogLine{Origin: from, Level: level(m.Level), Message: []byte(text)})
}

// traceError logs an error a connector told, with what is for operators.
func (j *journal) traceError(from Origin, e *airbyte.ErrorTrace) {
	text := TraceError{Message: e.Message, FailureType: e.FailureType, Stream: e.StreamDescriptor}.String()
	for _, more := range []string{e.InternalMessage, e.StackTrace} {
		if more != "" {
			text += "\n" + more
		}
	}
	j.line(LogLine{Origin: from, Level: "ERROR", Message: []byte(text)})
}

// printf logs a line of the relay's own.
func (j *journal) printf(level, format string, args ...any) {
	j.line(LogLine{Origin: Engine, Level: level, Message: fmt.Appendf(nil, format, args...)})
}

// level gives the protocol's word for what connectors write as a level.
func level(l string) string {
	switch u := strings.ToUpper(l); u {
	case "FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE":
		return u
	case "WARNING":
		return "WARN"
	case "CRITICAL":
		return "FATAL"
	}
	return "INFO"
}
