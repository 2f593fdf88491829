package airbyte

import (
	"errors"
	"fmt"
	"strings"
)

// FieldError tells which property of a message is wrong. It never holds the
// property's value: that may be a row or a secret.
type FieldError struct {
	// Field is the path from the outermost object: catalog.streams[3].name.
	// It is empty if the whole is wrong.
	Field string
	// Reason is a phrase for users: "missing", "must be a string".
	Reason string
}

func (e *FieldError) Error() string {
	if e.Field == "" {
		return e.Reason
	}
	return e.Field + ": " + e.Reason
}

var errMissing = errors.New("missing")

// under puts a path in front of err.
func under(path string, err error) error {
	if err == nil {
		return nil
	}
	var inner *FieldError
	if !errors.As(err, &inner) {
		return &FieldError{Field: path, Reason: err.Error()}
	}
	if inner.Field != "" && !strings.HasPrefix(inner.Field, "[") {
		path += "."
	}
	return &FieldError{Field: path + inner.Field, Reason: inner.Reason}
}

func underIndex(i int, err error) error { return under(fmt.Sprintf("[%d]", i), err) }
