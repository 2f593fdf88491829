package synclog

import (
	"log/slog"
	"strings"
	"time"
)

// Level is how much a line matters, in the words of the protocol's LOG messages.
type Level string

// The levels, from the gravest down.
const (
	Fatal Level = "FATAL"
	Error Level = "ERROR"
	Warn  Level = "WARN"
	Info  Level = "INFO"
	Debug Level = "DEBUG"
	Trace Level = "TRACE"
)

// ParseLevel reads a level as connectors write it, in any case. What is no level
// is Info: a connector's text must not reach the log by way of its level.
func ParseLevel(s string) Level {
	switch l := Level(strings.ToUpper(strings.TrimSpace(s))); l {
	case Fatal, Error, Warn, Info, Debug, Trace:
		return l
	case "WARNING":
		return Warn
	case "CRITICAL":
		return Fatal
	}
	return Info
}

func levelOf(l slog.Level) Level {
	switch {
	case l >= slog.LevelError:
		return Error
	case l >= slog.LevelWarn:
		return Warn
	case l >= slog.LevelInfo:
		return Info
	case l >= slog.LevelDebug:
		return Debug
	}
	return Trace
}

// Origin is the program that a line comes from.
type Origin string

// The origins.
const (
	Engine      Origin = "engine"
	Source      Origin = "source"
	Destination Origin = "destination"
)

func knownOrigin(o Origin) Origin {
	if o == Source || o == Destination {
		return o
	}
	return Engine
}

// Output is the connector's output that a line was printed on; empty for the
// engine's own lines.
type Output string

// The outputs.
const (
	Stdout Output = "stdout"
	Stderr Output = "stderr"
)

func knownOutput(o Output) Output {
	if o == Stdout || o == Stderr {
		return o
	}
	return ""
}

// Entry is one line of a log.
type Entry struct {
	// Time is kept in UTC to the millisecond. Zero means now.
	Time    time.Time `json:"time"`
	Level   Level     `json:"level"`
	Origin  Origin    `json:"origin"`
	Output  Output    `json:"stream,omitempty"`
	Message string    `json:"message"`
	// Fields are scalars; anything else is kept as its JSON or text.
	Fields map[string]any `json:"fields,omitempty"`
}

// droppedField is the field of the lines that say how many others are missing.
const droppedField = "linesDropped"

// dropped tells how many lines an entry says are missing.
func (e *Entry) dropped() int64 {
	if e.Origin != Engine {
		return 0
	}
	switch n := e.Fields[droppedField].(type) {
	case int64:
		return n
	case float64:
		return int64(n)
	}
	return 0
}
