package connector

import (
	"fmt"
	"strings"
)

// ExitError is the end of a command that did not end well.
type ExitError struct {
	// Name is how users call the one that ended, such as "source shop".
	Name string
	Exit Exit
}

// Error gives the sentence without the tail of stderr, which may hold secrets.
func (e *ExitError) Error() string { return e.Name + " " + e.Exit.Describe() }

// Err returns nil for exit code 0 and else an *ExitError.
func (e Exit) Err(name string) error {
	if e.Code == 0 {
		return nil
	}
	return &ExitError{Name: name, Exit: e}
}

// Describe says how the command ended, to go on behind its name: "exited with
// code 137 (SIGKILL): the kernel ended it for want of memory".
func (e Exit) Describe() string {
	var b strings.Builder
	fmt.Fprintf(&b, "exited with code %d", e.Code)
	if e.Signal != "" {
		fmt.Fprintf(&b, " (%s)", e.Signal)
	}
	if e.Terminated {
		b.WriteString(" after it was told to end")
	}
	if e.Reason != "" {
		b.WriteString(": " + e.Reason)
	}
	if e.LeftOver {
		b.WriteString("; child processes that it left behind were ended")
	}
	return b.String()
}

// Explain is Describe with the end of stderr, which has gone through redact
// first. A nil redact leaves stderr out.
func (e Exit) Explain(redact func(string) string) string {
	if redact == nil || e.StderrTail == "" {
		return e.Describe()
	}
	return e.Describe() + "; last lines of stderr:\n" + strings.TrimRight(redact(e.StderrTail), "\n")
}
