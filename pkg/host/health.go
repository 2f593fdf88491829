package host

import (
	"context"
	"net/http"
	"time"
)

// readyTime is how long a readiness check may take: probes wait one second.
const readyTime = 900 * time.Millisecond

// live answers /healthz: the process runs, and answers.
func (h *Host) live(context.Context, *Call) (*Response, error) {
	return JSON(http.StatusOK, map[string]string{"status": "live"})
}

// ready answers /readyz. What is wrong is told in the log alone: anybody can ask
// a probe.
func (h *Host) ready(ctx context.Context, _ *Call) (*Response, error) {
	if h.gate.isClosed() {
		return nil, &Error{Cause: Unavailable, Detail: errDraining.Error()}
	}
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	for _, f := range h.functions {
		if f.Ready == nil {
			continue
		}
		if err := f.Ready(ctx); err != nil {
			return nil, &Error{Cause: Unavailable, Detail: f.Name + " is not ready", Err: err}
		}
	}
	return JSON(http.StatusOK, map[string]string{"status": "ready"})
}
