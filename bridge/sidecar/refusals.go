package sidecar

import (
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"knelt.dev/bridge/secure"
)

// maxAddresses bounds the addresses remembered at a time. Strangers beyond
// share one line.
const maxAddresses = 256

// refusals logs who was refused, once per address and minute.
type refusals struct {
	log *slog.Logger

	mu   sync.Mutex
	seen map[string]time.Time
}

// add logs a refusal, unless the address had one just now.
func (r *refusals) add(from net.Addr, reason error) {
	host, _, err := net.SplitHostPort(from.String())
	if err != nil {
		host = from.String()
	}
	if !r.first(host, time.Now()) {
		return
	}
	if errors.Is(reason, secure.ErrStranger) {
		r.log.Warn("a stranger was refused; more from this address within a minute is not logged", "address", host)
		return
	}
	r.log.Warn("a connection was refused; more from this address within a minute is not logged", "address", host, "error", reason)
}

// first tells whether the address is to be logged.
func (r *refusals) first(host string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for h, at := range r.seen {
		if now.Sub(at) >= time.Minute {
			delete(r.seen, h)
		}
	}
	if r.seen == nil {
		r.seen = map[string]time.Time{}
	}
	if len(r.seen) >= maxAddresses {
		host = "others"
	}
	if _, known := r.seen[host]; known {
		return false
	}
	r.seen[host] = now
	return true
}
