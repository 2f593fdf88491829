package connector

import (
	"errors"
	"fmt"
	"io"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/lines"
)

// asking is a command on the way to its answer. Its fields belong to the
// goroutine that reads stdout, until both outputs were read.
type asking struct {
	opts    AnswerOptions
	command Command
	run     Run
	linger  *time.Timer

	answer  *airbyte.Message                // the first that answers the command
	refusal *airbyte.ConnectionStatusResult // a FAILED status that answers discover or spec
	control error                           // what the Control callback said
	trace   *airbyte.ErrorTrace             // the last TRACE of an error
	said    string                          // the last ERROR or FATAL of the log, else the last plain line
	grave   bool                            // said is an ERROR or FATAL
	spoiled string                          // why a line that may have been the answer could not be used
}

// readStdout understands each line until the end.
func (a *asking) readStdout(stdout io.Reader) error {
	in := lines.NewReader(stdout, a.opts.LineLimit)
	for {
		line, err := in.Next()
		var tooLong *lines.TooLongError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &tooLong):
			a.spoil(tooLong.Error())
		case err != nil:
			drain(stdout)
			return fmt.Errorf("reading its output: %w", err)
		default:
			a.take(line)
		}
	}
}

// take understands one line.
func (a *asking) take(line []byte) {
	var e airbyte.Envelope
	switch airbyte.Classify(line, &e) {
	case airbyte.LogLine:
		a.plain(string(line))
	case airbyte.BrokenLine:
		a.spoil(fmt.Sprintf("a line of %d bytes that looks like a message cannot be used: %s (at byte %d)", len(line), e.Problem, e.Offset))
	case airbyte.ProtocolLine:
		if e.Type == airbyte.Record || e.Type == airbyte.State {
			a.remark("DEBUG", fmt.Sprintf("a %s does not belong to %s and is passed over", e.Type, a.command))
			return
		}
		m, err := airbyte.Decode(line)
		if err != nil {
			a.spoil(fmt.Sprintf("a %s of %d bytes cannot be used: %v", e.Type, len(line), err))
			return
		}
		a.message(m)
	}
}

// message acts on a message that may be the answer.
func (a *asking) message(m *airbyte.Message) {
	switch {
	case m.Type == airbyte.Log:
		a.logged(m.Log)
	case m.Type == airbyte.Trace:
		a.traced(m.Trace)
	case m.Type == airbyte.Control:
		a.controlled(m.Control)
	case a.answer != nil || a.refusal != nil:
		a.remark("DEBUG", fmt.Sprintf("a %s after the answer is passed over", m.Type))
	case answers(a.command, m.Type):
		a.answer = m
		a.startLinger()
	case m.Type == airbyte.ConnectionStatus && m.ConnectionStatus.Status == airbyte.CheckFailed:
		a.refusal = m.ConnectionStatus
		a.startLinger()
	default:
		a.remark("DEBUG", fmt.Sprintf("a %s does not answer %s and is passed over", m.Type, a.command))
	}
}

// answers tells which types answer a command.
func answers(c Command, t airbyte.Type) bool {
	switch c {
	case Spec:
		return t == airbyte.Spec
	case Check:
		return t == airbyte.ConnectionStatus
	case Discover:
		return t == airbyte.Catalog || t == airbyte.DestinationCatalog
	}
	return false
}

// startLinger gives the command a while to end by itself.
func (a *asking) startLinger() {
	a.linger = time.AfterFunc(a.opts.Linger, func() { a.run.Terminate(a.opts.Grace) })
}

// controlled hands a CONTROL on. If that fails, the command is ended.
func (a *asking) controlled(m *airbyte.ControlMessage) {
	if a.opts.Control == nil || a.control != nil {
		return
	}
	if a.control = a.opts.Control(m); a.control != nil {
		a.run.Terminate(a.opts.Grace)
	}
}
