package connector

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/lines"
)

// logLimit bounds a line of stderr and what is kept of one for an error, in bytes.
const (
	logLimit  = 1 << 20
	saidLimit = 4 << 10
)

// remark logs what the engine has to say.
func (a *asking) remark(level, text string) {
	a.opts.log(LogLine{Level: level, Origin: OriginEngine, Text: text})
}

// spoil remembers that a line could not be used, without its text.
func (a *asking) spoil(problem string) {
	a.spoiled = problem
	a.remark("WARN", problem)
}

// plain logs a line that is no message.
func (a *asking) plain(text string) {
	text = strings.ToValidUTF8(strings.TrimRight(text, "\r"), "\uFFFD")
	if strings.TrimSpace(text) == "" {
		return
	}
	a.opts.log(LogLine{Level: "INFO", Origin: OriginStdout, Text: text})
	if !a.grave {
		a.said = short(text)
	}
}

// logged logs a LOG.
func (a *asking) logged(m *airbyte.LogMessage) {
	a.opts.log(LogLine{Level: m.Level, Origin: OriginLog, Text: m.Message, StackTrace: m.StackTrace})
	if m.Level == "ERROR" || m.Level == "FATAL" {
		a.said, a.grave = short(m.Message), true
	}
}

// traced logs a TRACE and keeps the last error.
func (a *asking) traced(m *airbyte.TraceMessage) {
	if m.Type != airbyte.TraceError || m.Error == nil {
		a.opts.log(LogLine{Level: "DEBUG", Origin: OriginTrace, Text: "trace " + string(m.Type)})
		return
	}
	a.trace = m.Error
	text := m.Error.Message
	if m.Error.InternalMessage != "" {
		text += " (" + m.Error.InternalMessage + ")"
	}
	a.opts.log(LogLine{Level: "ERROR", Origin: OriginTrace, Text: text, StackTrace: m.Error.StackTrace})
}

// readStderr logs each line of stderr until the end.
func (a *asking) readStderr(stderr io.Reader) error {
	in := lines.NewReader(stderr, logLimit)
	for {
		line, err := in.Next()
		var tooLong *lines.TooLongError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &tooLong):
			a.remark("WARN", fmt.Sprintf("a line on stderr of more than %d bytes is left out", logLimit))
		case err != nil:
			drain(stderr)
			return fmt.Errorf("reading its stderr: %w", err)
		case len(line) > 0:
			text := strings.ToValidUTF8(strings.TrimRight(string(line), "\r"), "\uFFFD")
			a.opts.log(LogLine{Level: "INFO", Origin: OriginStderr, Text: text})
		}
	}
}

// short keeps what fits into an error.
func short(text string) string {
	if len(text) <= saidLimit {
		return text
	}
	return strings.ToValidUTF8(text[:saidLimit], "") + "..."
}
