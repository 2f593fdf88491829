package replication

import (
	"fmt"
	"slices"

	"knelt.dev/pkg/airbyte"
)

// maxReasons bounds how many lines of the ledger are named in its reasons or
// notes; the ledger has them all.
const maxReasons = 10

// judgeStreams looks for lines of the ledger that do not add up.
func (r *Relay) judgeStreams(v *verdict) {
	b := r.book
	for _, reason := range b.whole.gaps() {
		v.gap("all streams together: %s", reason)
	}
	listed := 0
	for _, s := range b.streams {
		s.ledger.Reasons = s.ledger.gaps(b.said, b.complained)
		for _, reason := range s.ledger.Reasons {
			if listed++; listed <= maxReasons {
				v.gap("stream %s: %s", s.Descriptor, reason)
			}
		}
	}
	if listed > maxReasons {
		v.gap("and %d more lines of the ledger do not add up", listed-maxReasons)
	}
	if b.unassigned > 0 {
		v.gap("%d broken messages of the source could not be forwarded; their stream cannot be told", b.unassigned)
	}
	if n := b.destination.UnknownStates; n > 0 {
		v.gap("the destination returned %d states that were never sent", n)
	}
}

// gaps says what does not add up for a stream; said tells that the source sends
// stream statuses, complained is the first error in its log.
func (s *StreamLedger) gaps(said bool, complained string) []string {
	reasons := s.Counts.gaps()
	switch {
	case s.Complete:
	case s.Status == airbyte.Incomplete:
		reasons = append(reasons, "the source says it is INCOMPLETE")
	case s.Status == airbyte.Complete: // a broken message is the reason then
	case said:
		reasons = append(reasons, "the source never said it is COMPLETE")
	case s.Broken == 0 && complained != "":
		reasons = append(reasons, "not known to be complete: the source sends no statuses, and its log has an error: "+complained)
	case s.Broken == 0:
		reasons = append(reasons, "not known to be complete")
	}
	return reasons
}

// gaps says which counts do not agree.
func (c *Counts) gaps() (reasons []string) {
	add := func(format string, args ...any) { reasons = append(reasons, fmt.Sprintf(format, args...)) }
	if c.Broken > 0 {
		add("%d broken messages could not be forwarded", c.Broken)
	}
	if missing := c.StatesSent - c.StatesReturned; missing > 0 {
		add("the destination did not return %d of %d states", missing, c.StatesSent)
	}
	if c.SourceSaid != nil && *c.SourceSaid != c.SourceCovered {
		add("the source says %d records, %d were relayed", *c.SourceSaid, c.SourceCovered)
	}
	written, rejected := valueOf(c.DestinationSaid), valueOf(c.Rejected)
	if c.DestinationSaid != nil && written+rejected != c.DestinationCovered {
		add("%d records were relayed, the destination says %d written and %d rejected", c.DestinationCovered, written, rejected)
	}
	return reasons
}

func valueOf(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

// notes tell what is worth knowing and spoils nothing.
func (b *book) notes() (notes []string) {
	names := make([]string, 0, len(b.source.Unconfigured))
	for name := range b.source.Unconfigured {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		if i == maxReasons {
			return append(notes, fmt.Sprintf("and so were messages of %d more streams", len(names)-i))
		}
		notes = append(notes, fmt.Sprintf("stream %s is not part of this connection: %d records and states were not forwarded", name, b.source.Unconfigured[name]))
	}
	return notes
}
