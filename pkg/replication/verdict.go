package replication

import (
	"fmt"
	"slices"
	"time"

	"knelt.dev/pkg/store"
)

// verdict gathers why an attempt is not succeeded. Failures (a side failed)
// outrank gaps (both ended well, and yet something does not add up).
type verdict struct {
	failures, gaps []string
	cancelled      bool
}

func (v *verdict) fail(format string, args ...any) {
	v.failures = append(v.failures, fmt.Sprintf(format, args...))
}

func (v *verdict) gap(format string, args ...any) {
	v.gaps = append(v.gaps, fmt.Sprintf(format, args...))
}

func (v *verdict) outcome() store.Status {
	switch {
	case v.cancelled:
		return store.Cancelled
	case len(v.failures) > 0:
		return store.Failed
	case len(v.gaps) > 0:
		return store.Incomplete
	}
	return store.Succeeded
}

// settle closes the book.
func (r *Relay) settle(source, destination ending, saveErr error) Ledger {
	why := r.why()
	b := r.book
	b.mu.Lock()
	defer b.mu.Unlock()
	b.source.Exit, b.destination.Exit = source.known(), destination.known()
	v := &verdict{}
	r.judgeEnds(v, why, source, destination)
	if saveErr != nil && why.kind != fenced {
		v.fail("the destination has committed rows whose checkpoint cannot be saved: %v; the next sync will send them again", saveErr)
	}
	r.judgeStreams(v)
	l := b.snapshot(time.Since(r.began))
	l.Unresumable = why.kind == unresumable
	l.Outcome, l.Reasons, l.Notes = v.outcome(), slices.Concat(v.failures, v.gaps), b.notes()
	return l
}
