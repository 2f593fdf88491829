package replication

import (
	"fmt"
	"time"
)

// cause is why an attempt was stopped before both sides ended by themselves.
type cause struct {
	kind causeKind
	text string
}

type causeKind uint8

const (
	noCause causeKind = iota
	// drained: stopped gently on request.
	drained
	// aborted: both sides were killed on request.
	aborted
	// fenced: another holder has the lease; both sides were killed.
	fenced
	stuckSource
	stuckDestination
	// destinationGone: it ended, or stopped reading, before its input ended.
	destinationGone
	// violated: the source sent what nobody can work with.
	violated
)

// halt notes the first cause; later ones are consequences. Being fenced or
// aborted outranks the rest: nothing may be forwarded any more.
func (r *Relay) halt(c cause) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cause.kind == noCause || (r.cause.kind == drained && (c.kind == fenced || c.kind == aborted)) {
		r.cause = c
	}
	if c.kind == fenced {
		r.cause = c
	}
}

func (r *Relay) why() cause {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cause
}

// deaf tells that nothing more may be forwarded.
func (r *Relay) deaf() bool {
	switch r.why().kind {
	case noCause, drained:
		return false
	}
	return true
}

// kill ends both sides at once.
func (r *Relay) kill(c cause) {
	r.halt(c)
	r.source.Terminate(0)
	r.destination.Terminate(0)
}

// abort is what the end of Run's context does.
func (r *Relay) abort(why error) {
	text := "cancelled"
	if why != nil {
		text = why.Error()
	}
	r.kill(cause{aborted, text})
}

// stuck ends a side that shows no life, and with it the sync. The destination
// keeps what it has committed.
func (r *Relay) stuck(who Origin, idle time.Duration) {
	if who == Source {
		r.halt(cause{stuckSource, fmt.Sprintf("the source gave no sign of life for %s (timeouts.sourceIdle)", idle.Round(time.Second))})
		r.source.Terminate(r.cfg.Limits.Grace)
		return
	}
	r.halt(cause{stuckDestination, fmt.Sprintf("the destination neither read nor wrote anything for %s (timeouts.destinationIdle)", idle.Round(time.Second))})
	r.source.Terminate(r.cfg.Limits.Grace)
	r.destination.Terminate(r.cfg.Limits.Grace)
}
