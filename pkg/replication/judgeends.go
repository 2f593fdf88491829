package replication

import "strings"

// judgeEnds looks at how the attempt and its two sides ended. A side that the
// relay itself has ended is not blamed for its exit code.
func (r *Relay) judgeEnds(v *verdict, why cause, source, destination ending) {
	switch why.kind {
	case noCause:
	case drained, aborted:
		v.cancelled = true
		v.fail("%s", why.text)
	case destinationGone:
		r.judgeGone(v, why, destination)
	default:
		v.fail("%s", why.text)
	}
	if !why.explains(Source) && !r.left() && (!why.ends(Source) || !source.exit.Terminated) {
		r.judgeEnd(v, Source, source, r.book.source.Errors)
	}
	if !why.explains(Destination) && !r.left() && ((!why.ends(Destination) && !r.spared) || !destination.exit.Terminated) {
		r.judgeEnd(v, Destination, destination, r.book.destination.Errors)
	}
	if r.book.refused != "" {
		v.fail("the source says that its connection failed: %s", r.book.refused)
	}
}

// ends tells whether the cause makes the relay end a side itself.
func (c cause) ends(who Origin) bool {
	switch c.kind {
	case noCause, lostSource, detached:
		return false
	case stuckDestination, aborted, fenced, unresumable:
		return true
	}
	return who == Source
}

// explains tells that the cause already says why a side's end is not known.
func (c cause) explains(who Origin) bool {
	return c.kind == lostKinds[who]
}

// judgeGone judges a destination that stopped reading too early: with exit code
// 0 it ended well, and yet not everything was read.
func (r *Relay) judgeGone(v *verdict, why cause, destination ending) {
	switch {
	case destination.exit.Terminated:
		v.fail("%s, and did not end by itself", why.text)
	case destination.err == nil && destination.exit.Code == 0:
		v.gap("%s (it exited with code 0)", why.text)
	}
}

// judgeEnd looks at one side's exit and at the errors it told.
func (r *Relay) judgeEnd(v *verdict, who Origin, e ending, errors []TraceError) {
	switch {
	case e.err != nil:
		v.fail("how the %s ended is not known: %v", who, e.err)
	case e.exit.Code != 0:
		v.fail("the %s %s", who, r.describe(e, errors))
	default:
		judgeErrors(v, who, errors)
	}
}

// judgeErrors looks at the errors of a side that exited with code 0.
func judgeErrors(v *verdict, who Origin, errors []TraceError) {
	for _, told := range errors {
		if told.Stream == nil {
			v.fail("the %s reported an error, and exited with code 0: %s", who, told)
		} else {
			v.gap("the %s reported an error: %s", who, told)
		}
	}
}

// describe says how a side failed: the error it told, else the end of what it
// wrote to stderr.
func (r *Relay) describe(e ending, errors []TraceError) string {
	text := e.exit.Describe()
	if len(errors) > 0 {
		return text + ": " + errors[0].String()
	}
	if tail := lastLines(r.cfg.redact(e.exit.StderrTail), 3); tail != "" {
		return text + "; its last words on stderr: " + tail
	}
	return text
}

func lastLines(text string, n int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-n):], " | ")
}
