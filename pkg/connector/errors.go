package connector

import (
	"errors"
	"fmt"
)

// ErrUnavailable is what errors are (by errors.Is) that tell a user why a
// connector does not run now, though nobody has to change anything about it:
// trying again may help.
var ErrUnavailable = errors.New("the connector cannot run now")

// StartError tells why a program cannot be started as it is configured. Trying
// again does not help until somebody changes something.
type StartError struct {
	// Program is what was to be started, as it was configured.
	Program string
	// Problem says what is wrong and where, Fix what to do about it.
	Problem, Fix string
	// Err is the cause, such as fs.ErrNotExist; nil if there is none.
	Err error
}

// Error gives the three parts as one sentence.
func (e *StartError) Error() string {
	return fmt.Sprintf("cannot start %q: %s; %s", e.Program, e.Problem, e.Fix)
}

// Unwrap returns the cause.
func (e *StartError) Unwrap() error { return e.Err }
