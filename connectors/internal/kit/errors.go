package kit

import (
	"errors"
	"fmt"

	"knelt.dev/pkg/airbyte"
)

// Error is a failure with the class that the protocol gives it. Its text is
// for users: never a row, a config value or a secret.
type Error struct {
	Type airbyte.FailureType
	// Stream is the stream that failed, nil if it is not one stream's failure.
	Stream *airbyte.Descriptor
	err    error
}

func (e *Error) Error() string { return e.err.Error() }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.err }

// ConfigError is a failure that the user can mend in the config. Arguments as
// with fmt.Errorf.
func ConfigError(format string, args ...any) error {
	return &Error{Type: airbyte.ConfigError, err: fmt.Errorf(format, args...)}
}

// TransientError is a failure that may be gone when tried again.
func TransientError(format string, args ...any) error {
	return &Error{Type: airbyte.TransientError, err: fmt.Errorf(format, args...)}
}

// SystemError is a failure of the connector or its machine.
func SystemError(format string, args ...any) error {
	return &Error{Type: airbyte.SystemError, err: fmt.Errorf(format, args...)}
}

// InStream says which stream err is about, if there is one. The class is kept.
func InStream(d airbyte.Descriptor, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Type: classOf(err), Stream: &d, err: err}
}

func classOf(err error) airbyte.FailureType {
	var classed *Error
	if errors.As(err, &classed) {
		return classed.Type
	}
	return airbyte.SystemError
}

func traceOf(err error) *airbyte.ErrorTrace {
	trace := &airbyte.ErrorTrace{Message: err.Error(), FailureType: classOf(err)}
	var classed *Error
	if errors.As(err, &classed) {
		trace.StreamDescriptor = classed.Stream
	}
	return trace
}

// exit is the wish for an exit code of its own.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// Exit is an error that ends the program with the code, after everything
// emitted is written and without a trace.
func Exit(code int) error { return exit(code) }

// ErrTerminated is returned by an Emitter, and by the reading of stdin, once
// the program was told to end.
var ErrTerminated = errors.New("told to end by a signal")
