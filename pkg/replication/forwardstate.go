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
	if problem != "" {
		f.logs++
		f.out.printf("WARN", "line %d of the source is %s: not forwarded", f.lines, problem)
		return kept, nil
	}
	if err := f.oneKind(st.kind); err != nil {
		return kept, err
	}
	var s *stream
	if st.kind == airbyte.StreamState {
		if s = f.book.bySource.descriptor(st.descriptor); s == nil {
			f.noteUnconfigured("states", st.descriptor)
			return kept, nil
		}
	}
	body, err := f.persisted(line, &st)
	if err != nil {
		return kept, &violation{fmt.Sprintf("line %d of the source is a state that cannot be kept: %v", f.lines, err)}
	}
	e := f.send(s, &st, &pendingState{stream: s, kind: st.kind, body: body, reset: st.reset && s != nil})
	f.edited = st.apply(f.edited[:0], line, e)
	return rewritten, nil
}

// oneKind holds the rule that the kinds of state are not mixed in one sync.
func (f *forwarder) oneKind(k airbyte.StateKind) error {
	if f.book.kind == "" {
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
func (f *forwarder) persisted(line []byte, st *sourceState) ([]byte, error) {
	body := bytes.Clone(st.body.Of(line))
	if st.kind != airbyte.StreamState || !st.hasData {
		return body, nil
	}
	return airbyte.PersistedState(body)
}

// send books a state as under way and says what to write into it.
func (f *forwarder) send(s *stream, st *sourceState, p *pendingState) edit {
	p.count = f.takeCount(s)
	f.book.mu.Lock()
	f.publishLocked()
	f.book.pending.add(p)
	account := f.book.counts(s)
	account.StatesSent++
	if st.said != nil {
		add(&account.SourceSaid, st.said)
		account.SourceCovered += p.count
	}
	f.book.mu.Unlock()
	if st.said != nil && *st.said != p.count {
		f.miscount(s, *st.said, p.count)
	}
	e := edit{id: p.id, count: p.count}
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

// miscount warns, once a stream, that a source counts otherwise than the relay.
func (f *forwarder) miscount(s *stream, said, relayed int64) {
	if f.status[s] {
		return
	}
	f.status[s] = true
	name := "all streams"
	if s != nil {
		name = "stream " + s.Descriptor.String()
	}
	f.out.printf("WARN", "the source says %d records under a state of %s, %d were relayed; the destination is told %d", said, name, relayed, relayed)
}
