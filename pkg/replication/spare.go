package replication

import "knelt.dev/pkg/airbyte"

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

// endSpared ends the destination by a signal, its input still open. What it has
// not committed is lost to it and sent again by the next sync.
func (r *Relay) endSpared() {
	r.spared = true
	r.out.printf("WARN", "the destination is ended before it replaces what it has: a stream it overwrites is not whole")
	r.destination.Terminate(r.cfg.Limits.Grace)
}
