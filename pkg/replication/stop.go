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
	// drained: stopped gently on request; what the source has sent goes on.
	drained
	stuckSource
	stuckDestination
	// destinationGone: it ended, or stopped reading, before its input ended.
	destinationGone
	// violated: the source sent what nobody can work with.
	violated
	// aborted: both sides were killed on request.
	aborted
	// fenced: another holder has the lease; both sides were killed.
	fenced
)

// deafens tells that nothing more of the source may be forwarded.
func (c cause) deafens() bool { return c.kind > drained }

// silences tells that the destination gets no last words either: it cannot
// hear them, or must not act on them any more.
func (c cause) silences() bool {
	switch c.kind {
	case stuckDestination, destinationGone, aborted, fenced:
		return true
	}
	return false
}

// halt notes a cause. The first one counts, since later ones are consequences;
// but being fenced outranks all, and an abort a gentle end.
func (r *Relay) halt(c cause) {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := r.cause.kind == noCause
	if first || c.kind == fenced || c.kind == aborted && r.cause.kind == drained {
		r.cause = c
	}
}

func (r *Relay) why() cause {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cause
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

// fenced is what a lost lease does.
func (r *Relay) fenced(err error) { r.kill(cause{fenced, err.Error()}) }

// stuck ends a side that shows no life, and with it the sync. The destination
// keeps what it has committed.
func (r *Relay) stuck(who Origin, idle time.Duration) {
	if who == Source {
		r.halt(cause{stuckSource, fmt.Sprintf("the source gave no sign of life for %s (timeouts.sourceIdle)", rounded(idle))})
		r.source.Terminate(r.cfg.Limits.Grace)
		return
	}
	r.halt(cause{stuckDestination, fmt.Sprintf("the destination neither read nor wrote anything for %s (timeouts.destinationIdle)", rounded(idle))})
	r.source.Terminate(r.cfg.Limits.Grace)
	r.destination.Terminate(r.cfg.Limits.Grace)
}

func rounded(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(time.Second)
}
