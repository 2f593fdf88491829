package events

import (
	"fmt"
	"strings"
)

// Problem is one thing that is wrong with an event. Its texts hold no value of a
// document.
type Problem struct {
	// Pointer is where: a JSON pointer (RFC 6901) into the event in structured
	// mode, such as /data/connection/name or /subject. Empty: the whole event.
	Pointer string `json:"pointer"`
	// Message says what is wrong.
	Message string `json:"message"`
}

// String gives "pointer: message".
func (p Problem) String() string {
	if p.Pointer == "" {
		return p.Message
	}
	return p.Pointer + ": " + p.Message
}

// DecodeError says that an event cannot be understood: sent again, it cannot be
// either.
type DecodeError struct {
	// Type of the event.
	Type string
	// Problems, at least one.
	Problems []Problem
}

// Error gives all problems in one line.
func (e *DecodeError) Error() string {
	texts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		texts[i] = p.String()
	}
	name := e.Type
	if name == "" {
		name = "an event without a type"
	}
	return fmt.Sprintf("cannot understand %s: %s", name, strings.Join(texts, "; "))
}

// UnknownTypeError says that an event is of a type that is not handled here.
type UnknownTypeError struct {
	Type string
	// Known are the types that are.
	Known []string
}

func (e *UnknownTypeError) Error() string {
	return fmt.Sprintf("unknown type %q: known are %s", e.Type, strings.Join(e.Known, ", "))
}

// problemList is problems as the error of an Unmarshaler.
type problemList []Problem

func (l *problemList) add(at, message string) { *l = append(*l, Problem{at, message}) }

func (l problemList) Error() string { return (&DecodeError{Problems: l}).Error() }

// in gives the error of the problems, their places being under at; nil if there
// are none.
func (l problemList) in(at string) error {
	if len(l) == 0 {
		return nil
	}
	for i := range l {
		l[i].Pointer = at + l[i].Pointer
	}
	return l
}

// unlessSame is a problem if got is not want.
func unlessSame(at, got, want string) []Problem {
	if got == want {
		return nil
	}
	return []Problem{{at, fmt.Sprintf("is %q, must be %q", got, want)}}
}

// under moves problems of a request to where it is inside of another payload.
func under(at string, problems []Problem) []Problem {
	for i := range problems {
		problems[i].Pointer = at + strings.TrimPrefix(problems[i].Pointer, "/data")
	}
	return problems
}
