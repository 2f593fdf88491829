package main

import (
	"context"
	"errors"
	"net/http"

	"knelt.dev/pkg/api/client"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/store"
)

// The exit codes. They are part of the interface: scripts depend on them.
const (
	exitSucceeded   = 0
	exitFailed      = 1
	exitUsage       = 2 // usage or configuration: a person has to change something
	exitIncomplete  = 3
	exitInterrupted = 130 // as shells say of SIGINT
)

// exitCode is the one table from how a command ended to its exit code.
func exitCode(err error) int {
	var (
		ended     *endedError
		usage     *usageError
		problems  *connection.Problems
		config    *engine.ConfigError
		cantStart *connector.StartError
		answered  *client.Error
	)
	switch {
	case err == nil:
		return exitSucceeded
	case errors.As(err, &ended):
		return statusCode(ended.status)
	case errors.Is(err, errInterrupted), errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &usage), errors.As(err, &problems), errors.As(err, &config), errors.As(err, &cantStart):
		return exitUsage
	case errors.As(err, &answered) && wants(answered.Status):
		return exitUsage
	}
	return exitFailed
}

// wants tells that a server's answer is one that a person has to do something
// about first.
func wants(status int) bool {
	return status/100 == 4 && status != http.StatusConflict && status != http.StatusTooManyRequests
}

func statusCode(s store.Status) int {
	switch s {
	case store.Succeeded:
		return exitSucceeded
	case store.Incomplete:
		return exitIncomplete
	case store.Cancelled:
		return exitInterrupted
	}
	return exitFailed
}
