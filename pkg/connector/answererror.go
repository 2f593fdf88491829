package connector

import (
	"context"
	"fmt"
	"strings"
	"time"

	"knelt.dev/pkg/airbyte"
)

// AnswerError tells why a command gave no answer. Its texts have been redacted.
type AnswerError struct {
	// Name is how users call the connector.
	Name    string
	Command Command
	// Message says what went wrong: the connector's own words where it gave any.
	Message string
	// FailureType is what the connector said, or system_error.
	FailureType airbyte.FailureType
	Exit        Exit
	// Tail is the end of stderr.
	Tail string
	// Err is the cause on the engine's side, such as context.DeadlineExceeded
	// or what the Control callback returned; nil if there is none.
	Err error
}

// Error is for users; it has several lines if stderr said something.
func (e *AnswerError) Error() string {
	text := fmt.Sprintf("%s of %s failed: %s (it %s)", e.Command, e.Name, e.Message, e.Exit.Describe())
	if e.Tail != "" {
		text += "; last lines of stderr:\n" + strings.TrimRight(e.Tail, "\n")
	}
	return text
}

// Unwrap returns the cause on the engine's side.
func (e *AnswerError) Unwrap() error { return e.Err }

// outcome makes the answer or the error of a command that has ended.
func (a *asking) outcome(exit Exit) (*airbyte.Message, error) {
	switch {
	case a.control != nil:
		e := a.fail(exit, "what it asked to keep (a CONTROL message) could not be kept: "+a.control.Error())
		e.Err = a.control
		return nil, e
	case a.answer != nil:
		if s := a.answer.ConnectionStatus; s != nil && s.Status != airbyte.CheckSucceeded && s.Message == "" {
			s.Message = a.opts.Redact(a.reason("the connector gave no reason"))
		}
		return a.answer, nil
	case a.refusal != nil:
		e := a.fail(exit, orElse(a.refusal.Message, a.reason("it answered with a failed connection status that gives no reason")))
		e.FailureType = airbyte.ConfigError
		return nil, e
	}
	e := a.fail(exit, a.reason("it ended without "+answerOf(a.command)+a.hint()))
	if a.trace != nil && a.trace.FailureType != "" {
		e.FailureType = a.trace.FailureType
	}
	return nil, e
}

// fail makes an error of what is known.
func (a *asking) fail(exit Exit, message string) *AnswerError {
	return &AnswerError{
		Name: a.opts.Name, Command: a.command, Exit: exit, FailureType: airbyte.SystemError,
		Message: a.opts.Redact(message), Tail: a.opts.Redact(exit.StderrTail),
	}
}

// late is the error of a command that did not answer before ctx ended.
func (a *asking) late(ctx context.Context, waited time.Duration, exit Exit) error {
	what := "it gave no answer within " + waited.Round(time.Millisecond).String()
	if ctx.Err() == context.Canceled {
		what = "it was cancelled after " + waited.Round(time.Millisecond).String() + " without an answer"
	}
	if last := a.reason(""); last != "" {
		what += "; the last it said: " + last
	}
	e := a.fail(exit, what)
	e.FailureType, e.Err = airbyte.TransientError, context.Cause(ctx)
	return e
}

// reason gives the connector's best words on a failure: its last error TRACE,
// else its last ERROR in the log or line on stdout, else other.
func (a *asking) reason(other string) string {
	if a.trace != nil && (a.trace.Message != "" || a.trace.InternalMessage != "") {
		return orElse(a.trace.Message, a.trace.InternalMessage)
	}
	switch {
	case a.said == "":
		return other
	case other == "" || a.grave:
		return a.said
	}
	return other + "; the last line it wrote: " + a.said
}

// hint tells of a line that may have been the answer.
func (a *asking) hint() string {
	if a.spoiled == "" {
		return ""
	}
	return "; " + a.spoiled
}

// answerOf names what answers a command.
func answerOf(c Command) string {
	switch c {
	case Spec:
		return "a SPEC message"
	case Check:
		return "a CONNECTION_STATUS message"
	case Discover:
		return "a CATALOG message"
	}
	return "an answer, which " + string(c) + " never gives"
}

func orElse(s, other string) string {
	if s != "" {
		return s
	}
	return other
}
