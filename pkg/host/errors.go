package host

import (
	"context"
	"errors"
	"fmt"
	"time"

	"knelt.dev/events"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/store"
)

// The causes of a handler's context.
var (
	// ErrClientGone: the client has closed its connection.
	ErrClientGone = errors.New("the client has gone away")
	// ErrStopped: the host ends without waiting any longer.
	ErrStopped = errors.New("the function is being stopped")
)

// Error is an error with its place in the table.
type Error struct {
	Cause Cause
	// Detail for whoever asked; empty: the text of Err, unless it is Internal.
	Detail string
	// Fields that are wrong.
	Fields []Field
	// RetryAfter is when trying again makes sense; 0: the table's.
	RetryAfter time.Duration
	// Err is what happened, for the log.
	Err error
}

// Field is one thing that is wrong with a request.
type Field struct {
	// Pointer is a JSON pointer into what was sent.
	Pointer string `json:"pointer,omitempty"`
	// Field is the path in a document, such as spec.streams[0].syncMode.
	Field  string `json:"field,omitempty"`
	Detail string `json:"detail"`
}

// Error gives the detail and what happened.
func (e *Error) Error() string {
	switch {
	case e.Err == nil:
		return e.Detail
	case e.Detail == "":
		return e.Err.Error()
	}
	return e.Detail + ": " + e.Err.Error()
}

// Unwrap gives what happened.
func (e *Error) Unwrap() error { return e.Err }

// Because gives an error its cause; nil stays nil.
func Because(c Cause, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Cause: c, Err: err}
}

// classify finds an error's place in the table: what it says itself, else what
// our packages mean by theirs. Whatever is not known is Internal.
func classify(ctx context.Context, err error) *Error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	for _, known := range []func(error) *Error{fromEvents, fromConnection, fromConnector, fromStore} {
		if e := known(err); e != nil {
			return e
		}
	}
	return fromContext(ctx, err)
}

func fromEvents(err error) *Error {
	var wrong *events.DecodeError
	var unknown *events.UnknownTypeError
	switch {
	case errors.As(err, &wrong):
		e := &Error{Cause: Undecodable, Detail: fmt.Sprintf("%s has %d mistakes", wrong.Type, len(wrong.Problems)), Err: err}
		for _, p := range wrong.Problems {
			e.Fields = append(e.Fields, Field{Pointer: p.Pointer, Detail: p.Message})
		}
		return e
	case errors.As(err, &unknown):
		return &Error{Cause: UnknownType, Err: err}
	}
	return nil
}

func fromConnection(err error) *Error {
	var problems *connection.Problems
	if !errors.As(err, &problems) {
		return nil
	}
	e := &Error{Cause: Invalid, Err: err}
	for _, p := range problems.List {
		e.Fields = append(e.Fields, Field{Field: p.Field, Detail: connection.Problem{Message: p.Message, Hint: p.Hint}.String()})
	}
	return e
}

func fromConnector(err error) *Error {
	if !errors.Is(err, connector.ErrUnavailable) {
		return nil
	}
	return &Error{Cause: Unavailable, Err: err}
}

func fromStore(err error) *Error {
	var held *store.HeldError
	switch {
	case errors.As(err, &held):
		return &Error{Cause: Held, Err: err, RetryAfter: min(time.Until(held.Info.Expires), time.Minute)}
	case errors.Is(err, store.ErrFenced):
		return &Error{Cause: Held, Err: err}
	case errors.Is(err, store.ErrNotFound):
		return &Error{Cause: NotFound, Err: err}
	case errors.Is(err, store.ErrUnavailable):
		return &Error{Cause: Unavailable, Err: err}
	}
	return nil
}

// fromContext tells apart why a handler's context ended. An error that has
// nothing to do with it is Internal, whatever became of the context.
func fromContext(ctx context.Context, err error) *Error {
	cause := context.Cause(ctx)
	ended := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || cause != nil && errors.Is(err, cause)
	switch {
	case !ended:
	case errors.Is(cause, ErrClientGone):
		return &Error{Cause: ClientGone, Err: err}
	case errors.Is(cause, ErrStopped):
		return &Error{Cause: Unavailable, Detail: ErrStopped.Error(), Err: err}
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Cause: Deadline, Detail: "the request could not be done in its time", Err: err}
	}
	return &Error{Cause: Internal, Err: err}
}
