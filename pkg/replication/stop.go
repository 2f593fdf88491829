package replication

import (
	"errors"
	"fmt"
	"time"

	"knelt.dev/pkg/store"
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
	// fenced: another holder has the lease; both sides were killed, or left to
	// it where they outlive their relay.
	fenced
	// lostSource, lostDestination: what kept the side for relays is gone.
	lostSource
	lostDestination
	// unresumable: what a predecessor began cannot be gone on with.
	unresumable
	// detached: both sides were left to a successor.
	detached
)

// deafens tells that nothing more of the source may be forwarded.
func (c cause) deafens() bool { return c.kind > drained }

// silences tells that the destination gets no last words either: it cannot
// hear them, or must not act on them any more.
func (c cause) silences() bool {
	switch c.kind {
	case stuckDestination, destinationGone, aborted, fenced, lostDestination, unresumable, detached:
		return true
	}
	return false
}

// outranks tells that c counts even though another cause was there before.
func (c cause) outranks(before cause) bool {
	switch c.kind {
	case fenced:
		return true
	case detached:
		return before.kind != fenced
	case aborted:
		return before.kind == drained
	}
	return false
}

// halt notes a cause. The first one counts, since later ones are consequences;
// but being fenced outranks all, and an abort a gentle end.
func (r *Relay) halt(c cause) {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := r.cause.kind == noCause
	if first || c.outranks(r.cause) {
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

// abort is what the end of Run's context does. A lost lease ends the relay, not
// connectors that outlive it: they may be another's by now, and find out.
func (r *Relay) abort(why error) {
	if errors.Is(why, store.ErrFenced) && r.marks != nil {
		r.fenced(why)
		return
	}
	text := "cancelled"
	if why != nil {
		text = why.Error()
	}
	r.kill(cause{aborted, text})
}

// fenced is what a lost lease does.
func (r *Relay) fenced(err error) {
	if r.marks != nil {
		r.forsake(err.Error())
		return
	}
	r.kill(cause{fenced, err.Error()})
}

// stuck ends a side that shows no life, and with it the sync. The destination
// keeps what it has committed.
func (r *Relay) stuck(who Origin, idle time.Duration) {
	if who == Source {
		r.halt(cause{stuckSource, fmt.Sprintf("the source gave no sign of life for %s (timeouts.sourceIdle)", rounded(idle))})
		r.endSource()
		return
	}
	r.halt(cause{stuckDestination, fmt.Sprintf("the destination neither read nor wrote anything for %s (timeouts.destinationIdle)", rounded(idle))})
	r.endSource()
	if !r.left() {
		r.destination.Terminate(r.cfg.Limits.Grace)
	}
}

func rounded(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(time.Second)
}
