package replication

import (
	"bytes"
	"fmt"

	"knelt.dev/pkg/airbyte"
)

// violation is a breach of the protocol that a sync cannot go on after.
type violation struct{ text string }

func (e *violation) Error() string { return e.text }

// state forwards a STATE with its id and count spliced in, and notes it as
// under way before the destination can return it.
func (f *forwarder) state(line []byte) (disposition, error) {
	st, problem := readState(line, f.env.Body)
	var s *stream
	if st.kind == airbyte.StreamState {
		s = f.book.bySource.descriptor(st.descriptor)
	}
	if problem != "" {
		f.unusable(s, problem)
		return kept, nil
	}
	if st.kind == airbyte.StreamState && s == nil {
		f.noteUnconfigured("states", st.descriptor)
		return kept, nil
	}
	if err := f.oneKind(st.kind); err != nil {
		return kept, err
	}
	body, err := persisted(line, &st)
	if err != nil {
		f.unusable(s, fmt.Sprintf("a state that cannot be kept (%v)", err))
		return kept, nil
	}
	e := f.send(s, &st, &pendingState{stream: s, kind: st.kind, body: body, reset: st.reset && s != nil})
	f.edited = st.apply(f.edited[:0], line, e)
	return rewritten, nil
}

// unusable notes a state that cannot be forwarded: where the source got to is
// lost with it.
func (f *forwarder) unusable(s *stream, problem string) {
	whose := f.loseStream(s)
	f.out.printf("WARN", "line %d of the source, %s, is %s: not forwarded", f.lines, whose, problem)
}

// oneKind holds the rule that the kinds of state are not mixed in one sync.
func (f *forwarder) oneKind(k airbyte.StateKind) error {
	if f.book.kind == "" { // only this goroutine ever writes it
		f.book.mu.Lock()
		f.book.kind = k
		f.book.mu.Unlock()
	}
	if f.book.kind != k {
		return &violation{fmt.Sprintf("line %d of the source is a %s state after %s states; a sync holds states of one kind only", f.lines, k, f.book.kind)}
	}
	return nil
}

// persisted is what is kept of the state once the destination has returned it:
// the source's own bytes.
func persisted(line []byte, st *sourceState) ([]byte, error) {
	body := bytes.Clone(st.body.Of(line))
	if st.kind != airbyte.StreamState || !st.hasData {
		return body, nil
	}
	return airbyte.PersistedState(body)
}

// send books a state as under way and says what to write into it. What is said
// there must not come from p, which may have been merged with others by then.
func (f *forwarder) send(s *stream, st *sourceState, p *pendingState) edit {
	count := f.takeCount(s)
	said := f.saidOf(s, st, count)
	p.count = count
	f.book.mu.Lock()
	f.publishLocked()
	f.book.pending.add(p)
	account := f.book.counts(s)
	account.StatesSent++
	if said != nil {
		add(&account.SourceSaid, said)
		account.SourceCovered += count
	}
	f.book.mu.Unlock()
	if said != nil && *said != count {
		f.miscount(s, *said, count)
	}
	e := edit{id: p.id, count: count}
	if s != nil && s.rename {
		e.as = s
	}
	return e
}

// takeCount gives the records relayed since the last state of s, or of all.
func (f *forwarder) takeCount(s *stream) (n int64) {
	if s == nil {
		n, f.since = f.since, 0
		return n
	}
	n, s.relay.sinceState = s.relay.sinceState, 0
	return n
}

// saidOf is the source's own count, without the records of streams that nobody
// selected if those are in it.
func (f *forwarder) saidOf(s *stream, st *sourceState, relayed int64) *int64 {
	if s != nil {
		return st.said
	}
	stray := f.stray
	f.stray = 0
	if st.said != nil && *st.said == relayed+stray {
		return &relayed
	}
	return st.said
}

// miscount warns, once a stream, that a source counts otherwise than the relay.
func (f *forwarder) miscount(s *stream, said, relayed int64) {
	if f.miscounted[s] {
		return
	}
	f.miscounted[s] = true
	name := "all streams"
	if s != nil {
		name = "stream " + s.Descriptor.String()
	}
	f.out.printf("WARN", "the source says %d records under a state of %s, %d were relayed; the destination is told %d", said, name, relayed, relayed)
}
