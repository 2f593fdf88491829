package replication

import (
	"time"

	"knelt.dev/pkg/airbyte"
)

// spares tells that the end of the input would do harm: a destination that knows
// no refreshes takes it for the end of everything, and puts the part it got of an
// overwritten stream in the place of the whole one it had (issue 13312 of
// airbytehq/airbyte). That is so when the source did not end by itself and well,
// or says itself that such a stream is INCOMPLETE.
func (r *Relay) spares(source ending) bool {
	if r.cfg.SupportsRefreshes || r.why().kind == destinationGone {
		return false
	}
	b := r.book
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.streams {
		broken := !r.clean(source) || s.ledger.Status == airbyte.Incomplete
		if s.Overwrites && !s.ledger.Complete && broken {
			return true
		}
	}
	return false
}

// endSpared ends the destination by a signal, its input still open, once it has
// returned the states it was sent or a grace has passed. What it has not
// committed by then is sent again by the next sync.
func (r *Relay) endSpared() {
	r.spared = true
	r.out.printf("WARN", "the destination is ended before it replaces what it has: a stream it overwrites is not whole")
	enough := time.Now().Add(r.cfg.Limits.Grace)
	for r.awaitsStates() && time.Now().Before(enough) {
		time.Sleep(spareLook)
	}
	r.destination.Terminate(r.cfg.Limits.Grace)
}

// spareLook is how often it is looked whether the states have come back.
const spareLook = 10 * time.Millisecond

// awaitsStates tells whether the destination may still return some.
func (r *Relay) awaitsStates() bool {
	r.book.mu.Lock()
	defer r.book.mu.Unlock()
	return r.book.pending.live > 0 && !r.why().silences()
}
