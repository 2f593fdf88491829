package host

import (
	"context"
	"log/slog"
)

type contextKey struct{}

// scope is what a handler's context holds.
type scope struct {
	draining  <-chan struct{}
	log       *slog.Logger
	requestID string
}

// Draining is closed when the host has to end: whoever holds a request should
// finish or hand over, and answer. Outside of a handler it is never closed.
func Draining(ctx context.Context) <-chan struct{} { return scopeOf(ctx).draining }

// Log is the logger of the request: each of its lines names the function, the
// request and the event.
func Log(ctx context.Context) *slog.Logger {
	if log := scopeOf(ctx).log; log != nil {
		return log
	}
	return slog.Default()
}

// RequestID is the id of the request in logs and problem documents.
func RequestID(ctx context.Context) string { return scopeOf(ctx).requestID }

func scopeOf(ctx context.Context) scope {
	s, _ := ctx.Value(contextKey{}).(scope)
	return s
}
