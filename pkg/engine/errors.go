package engine

import (
	"errors"
	"fmt"
	"strings"

	"knelt.dev/pkg/connector"
)

// ConfigError is a mistake in what the user wrote; nothing was started, or
// nothing that moves rows. Trying again without a change cannot help.
type ConfigError struct{ Err error }

func (e *ConfigError) Error() string { return e.Err.Error() }
func (e *ConfigError) Unwrap() error { return e.Err }

// SyncError is a sync that did not succeed, for those who want an error rather
// than a result.
type SyncError struct{ Reasons []string }

func (e *SyncError) Error() string {
	if len(e.Reasons) == 0 {
		return "the sync did not succeed"
	}
	return strings.Join(e.Reasons, "; ")
}

// toMend gives what the user has to change, if that is why an attempt failed: a
// program that cannot be started as it is configured is as much a mistake in
// what is written as a wrong config.
func toMend(failure error) *ConfigError {
	var mistake *ConfigError
	switch {
	case errors.As(failure, &mistake):
		return mistake
	case errors.As(failure, new(*connector.StartError)):
		return &ConfigError{failure}
	}
	return nil
}

// configError wraps err, if there is one, as the user's to mend; not one that may
// pass by itself.
func configError(err error) error {
	if err == nil || errors.Is(err, connector.ErrUnavailable) {
		return err
	}
	return &ConfigError{err}
}

// while says what was being done when err came.
func while(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
