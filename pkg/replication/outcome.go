package replication

import (
	"fmt"
	"strings"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connector"
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
	b := r.book
	b.mu.Lock()
	defer b.mu.Unlock()
	b.source.Exit, b.destination.Exit = source.known(), destination.known()
	v := &verdict{}
	r.judgeEnds(v, source, destination)
	if saveErr != nil && r.why().kind != fenced {
		v.fail("the destination has committed rows whose checkpoint cannot be saved: %v; the next sync will send them again", saveErr)
	}
	r.judgeStreams(v)
	l := b.snapshot(time.Since(r.began))
	l.Outcome, l.Reasons = v.outcome(), append(v.failures, v.gaps...)
	return l
}

func (e ending) known() *connector.Exit {
	if e.err != nil {
		return nil
	}
	return &e.exit
}

// judgeEnds looks at how the attempt and its two sides ended.
func (r *Relay) judgeEnds(v *verdict, source, destination ending) {
	why := r.why()
	switch why.kind {
	case noCause:
	case drained, aborted:
		v.cancelled = true
		v.fail("%s", why.text)
	case destinationGone:
		if destination.err == nil && destination.exit.Code == 0 {
			v.gap("%s (it exited with code 0)", why.text)
		}
	default:
		v.fail("%s", why.text)
	}
	if why.kind == noCause || !source.exit.Terminated {
		judgeEnd(v, Source, source, r.book.source.Errors)
	}
	if (why.kind == noCause || why.kind == drained || why.kind == destinationGone) || !destination.exit.Terminated {
		judgeEnd(v, Destination, destination, r.book.destination.Errors)
	}
	if r.book.refused != "" {
		v.fail("the source says that its connection failed: %s", r.book.refused)
	}
}

// judgeEnd looks at one side's exit and at the errors it told.
func judgeEnd(v *verdict, who Origin, e ending, errors []TraceError) {
	switch {
	case e.err != nil:
		v.fail("how the %s ended is not known: %v", who, e.err)
	case e.exit.Code != 0:
		v.fail("the %s %s", who, describe(e.exit, errors))
	default:
		for _, told := range errors {
			if told.Stream == nil {
				v.fail("the %s reported an error, and exited with code 0: %s", who, told)
			} else {
				v.gap("the %s reported an error: %s", who, told)
			}
		}
	}
}

// describe says how a side failed: the error it told, else the end of what it
// wrote to stderr.
func describe(e connector.Exit, errors []TraceError) string {
	text := fmt.Sprintf("exited with code %d", e.Code)
	if e.Signal != "" {
		text = "was ended by " + e.Signal
	}
	if e.OOM {
		text += ", for want of memory"
	}
	if len(errors) > 0 {
		return text + ": " + errors[0].String()
	}
	if tail := lastLines(e.StderrTail, 3); tail != "" {
		return text + "; its last words on stderr: " + tail
	}
	return text
}

func lastLines(text string, n int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-n):], " | ")
}

// judgeStreams looks for lines of the ledger that do not add up.
func (r *Relay) judgeStreams(v *verdict) {
	b := r.book
	listed := 0
	for _, s := range b.streams {
		s.ledger.Reasons = s.ledger.gaps(b.said)
		for _, reason := range s.ledger.Reasons {
			if listed++; listed <= maxReasons {
				v.gap("stream %s: %s", s.Descriptor, reason)
			}
		}
	}
	for _, reason := range b.whole.gaps() {
		v.gap("all streams together: %s", reason)
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

// maxReasons bounds how many streams are named in the reasons; the ledger has
// them all.
const maxReasons = 10

func (s *StreamLedger) gaps(said bool) []string {
	reasons := s.Counts.gaps()
	switch {
	case s.Complete:
	case s.Status == airbyte.Incomplete:
		reasons = append(reasons, "the source says it is INCOMPLETE")
	case s.Broken > 0:
	case said:
		reasons = append(reasons, "the source never said it is COMPLETE")
	default:
		reasons = append(reasons, "not known to be complete, since the source did not end well")
	}
	return reasons
}

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
	if c.DestinationSaid != nil {
		rejected := int64(0)
		if c.Rejected != nil {
			rejected = *c.Rejected
		}
		if *c.DestinationSaid+rejected != c.DestinationCovered {
			add("%d records were relayed, the destination says %d written and %d rejected", c.DestinationCovered, *c.DestinationSaid, rejected)
		}
	}
	return reasons
}
