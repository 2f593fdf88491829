package load

import (
	"fmt"
	"slices"
	"time"

	"knelt.dev/pkg/airbyte"
)

// count is what came since the last state.
type count struct{ written, rejected int64 }

// echo is a state to be returned after the next commit, or later: once the
// tables it speaks of are in their places.
type echo struct {
	line []byte
	// of is the table of a STREAM state; nil for one of all streams, or of a
	// stream that is not in the catalog, which global tells apart.
	of     Target
	global bool
	count
}

// state notes a state; it commits when a transaction is large or old enough.
func (w *writer) state(line []byte) error {
	if len(w.waiting) == 0 {
		w.oldest = time.Now()
	}
	w.waiting = append(w.waiting, w.echoOf(line))
	if w.pending >= w.config.CommitRows || (time.Since(w.oldest) > w.config.CommitAfter && w.isDue()) {
		return w.commit()
	}
	return nil
}

// isDue tells whether a commit is of use: it returns a state, or lets other
// programs write though the states must wait for more.
func (w *writer) isDue() bool {
	return len(w.waiting) > 0 && (w.began || slices.ContainsFunc(w.waiting, func(e echo) bool { return !w.isHeld(e) }))
}

// isHeld tells whether a state must wait although its rows are committed: a
// table that overwrites another is dropped if the run does not come to its end,
// and its rows with it.
func (w *writer) isHeld(e echo) bool {
	if !e.global {
		return e.of != nil && isAside(e.of)
	}
	return slices.ContainsFunc(w.all, isAside)
}

func isAside(t Target) bool { return t.Core().Target != t.Core().Name }

// echoOf copies the line, with the counts of its stream since its last state,
// or of all streams for a GLOBAL or LEGACY state.
func (w *writer) echoOf(line []byte) echo {
	e, counter := echo{global: true}, &w.total
	if d, ok := streamOf(line, w.env.Body); ok {
		e.global, e.of = false, w.of(d)
		if counter = w.counts[e.of]; counter == nil {
			counter = &count{}
		}
	}
	e.count, *counter = *counter, count{}
	comma := ""
	for range airbyte.Members(line, w.env.Body) {
		comma = ","
		break
	}
	at := w.env.Body.End - 1 // behind a destinationStats that is there already: the last one counts
	e.line = append(make([]byte, 0, len(line)+100), line[:at]...)
	e.line = fmt.Appendf(e.line, `%s"destinationStats":{"recordCount":%d.0,"rejectedRecordCount":%d.0}`, comma, e.written, e.rejected)
	e.line = append(e.line, line[at:]...)
	return e
}

// streamOf tells which stream a STREAM state belongs to.
func streamOf(line []byte, state airbyte.Span) (airbyte.Descriptor, bool) {
	stream, ok := Member(line, state, "stream")
	if !ok {
		return airbyte.Descriptor{}, false
	}
	descriptor, ok := Member(line, stream, "stream_descriptor")
	if !ok {
		return airbyte.Descriptor{}, false
	}
	return airbyte.Descriptor{Name: stringOf(line, descriptor, "name"), Namespace: stringOf(line, descriptor, "namespace")}, true
}

func stringOf(line []byte, obj airbyte.Span, name string) string {
	v, ok := Member(line, obj, name)
	if !ok || line[v.Start] != '"' {
		return ""
	}
	return string(airbyte.Unquote(nil, line[v.Start+1:v.End-1]))
}
