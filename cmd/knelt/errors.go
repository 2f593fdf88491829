package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/store"
)

// errInterrupted is the end that the user asked for.
var errInterrupted = errors.New("interrupted")

// endedError is a sync or a check that did not end well, when all about it has
// been printed.
type endedError struct{ status store.Status }

func (e *endedError) Error() string { return string(e.status) }

// usageError is a command line that cannot be followed.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// printError says what went wrong, and what to do where that is known.
func printError(w io.Writer, err error) {
	var (
		ended    *endedError
		held     *store.HeldError
		problems *connection.Problems
		config   *engine.ConfigError
	)
	switch {
	case err == nil, errors.As(err, &ended):
	case errors.As(err, &problems), errors.As(err, &config):
		fmt.Fprintln(w, err)
	case errors.As(err, &held):
		fmt.Fprintf(w, "knelt: connection %s is being used by %s%s; nothing was changed.\n"+
			"Wait until it has ended, or end it first (Ctrl-C there).\n",
			held.Connection, holder(held.Info.Holder), ofSync(held.Info.SyncID))
	default:
		fmt.Fprintf(w, "knelt: %v\n", err)
	}
}

// holder tells a person which process holds a lease: of store.ProcessHolder's
// name the machine and the process.
func holder(name string) string {
	parts := strings.Split(name, "/")
	if len(parts) < 2 {
		return name
	}
	return fmt.Sprintf("process %s on %s", parts[1], parts[0])
}

func ofSync(id int64) string {
	if id == 0 {
		return ""
	}
	return fmt.Sprintf(" (sync %d)", id)
}
