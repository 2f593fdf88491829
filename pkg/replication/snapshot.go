package replication

import (
	"maps"
	"slices"
	"time"

	"knelt.dev/pkg/store"
)

// Progress is the ledger so far, without an outcome. It may be called at any
// time, from any goroutine.
func (r *Relay) Progress() Ledger {
	r.book.mu.Lock()
	defer r.book.mu.Unlock()
	l := r.book.snapshot(time.Since(r.began))
	l.Outcome = store.Running
	return l
}

// snapshot copies the ledger: what it returns is no longer written to.
func (b *book) snapshot(elapsed time.Duration) Ledger {
	l := Ledger{Source: b.source.clone(), Destination: b.destination.clone(), Elapsed: elapsed}
	l.Total = b.whole.clone()
	l.Streams = make([]StreamLedger, 0, len(b.streams))
	for _, s := range b.streams {
		copied := s.ledger
		copied.Counts = s.ledger.clone()
		l.Streams = append(l.Streams, copied)
		l.Total.include(s.ledger.Counts)
	}
	return l
}

func (c *Counts) include(o Counts) {
	c.Relayed += o.Relayed
	c.Bytes += o.Bytes
	c.SourceCovered += o.SourceCovered
	c.DestinationCovered += o.DestinationCovered
	c.StatesSent += o.StatesSent
	c.StatesReturned += o.StatesReturned
	c.Broken += o.Broken
	c.SourceSaid = sum(c.SourceSaid, o.SourceSaid)
	c.DestinationSaid = sum(c.DestinationSaid, o.DestinationSaid)
	c.Rejected = sum(c.Rejected, o.Rejected)
}

// sum adds two counts of which either may be unknown, into a new one.
func sum(a, b *int64) *int64 {
	var total *int64
	add(&total, a)
	add(&total, b)
	return total
}

func (c Counts) clone() Counts {
	c.SourceSaid, c.DestinationSaid, c.Rejected = sum(c.SourceSaid, nil), sum(c.DestinationSaid, nil), sum(c.Rejected, nil)
	return c
}

func (l SideLedger) clone() SideLedger {
	l.Errors, l.Unconfigured = slices.Clone(l.Errors), maps.Clone(l.Unconfigured)
	return l
}
