package replication

import (
	"encoding/json"

	"knelt.dev/pkg/airbyte"
)

// finish tells the destination how the source ended and closes its input: empty
// states for full refresh streams that sent none, and COMPLETE for the streams
// that are whole.
func (r *Relay) finish(source ending) {
	defer r.catchUp.stop()
	if spared := r.lastTurn(source); spared {
		r.endSpared()
	}
}

// lastTurn says what finish does, in one turn: a mark lies before it or behind.
// spared tells that the destination's input stays open.
func (r *Relay) lastTurn(source ending) (spared bool) {
	r.marks.take()
	defer r.marks.give()
	if r.left() {
		return false
	}
	if r.finished { // by a predecessor
		r.closeStdin(Destination, r.destination)
		r.catchUp.sent(r.forwarder.to.written, true)
		return false
	}
	r.markComplete(source)
	var err error
	if !r.why().silences() {
		err = r.lastWords(source)
	}
	r.watch.inputClosed()
	if r.spares(source) {
		return true
	}
	r.closeStdin(Destination, r.destination)
	if err != nil && !r.strays(Destination, err) {
		r.halt(cause{destinationGone, err.Error()})
	}
	r.finished = true
	r.catchUp.sent(r.forwarder.to.written, true)
	r.marks.force()
	return false
}

func (r *Relay) lastWords(source ending) error {
	if err := r.injectStates(source); err != nil {
		return err
	}
	if err := r.sayComplete(); err != nil {
		return err
	}
	return r.forwarder.to.flush()
}

// clean tells that the source ended by itself and well, and that all it sent was
// forwarded. A successor hears of the same end, and not of a wish to end that
// the source was never told.
func (r *Relay) clean(source ending) bool {
	return source.err == nil && source.exit.Code == 0 && !source.exit.Terminated && !r.why().deafens()
}

// markComplete decides which streams are whole: those that said so; all of them
// if the source sent no statuses at all, no error, and ended well. Not those of
// which a message was lost on the way.
func (r *Relay) markComplete(source ending) {
	b := r.book
	b.mu.Lock()
	defer b.mu.Unlock()
	implied := !b.said && r.clean(source) && b.refused == "" && len(b.source.Errors) == 0 && b.complained == ""
	for _, s := range b.streams {
		whole := s.ledger.Broken == 0 && b.unassigned == 0
		s.ledger.Complete = whole && (implied || s.ledger.Status == airbyte.Complete)
	}
}

// sayComplete tells a destination that wants it which streams are whole. Only
// these: with COMPLETE it replaces what earlier generations wrote.
func (r *Relay) sayComplete() error {
	if !r.cfg.SupportsRefreshes {
		return nil
	}
	for _, s := range r.book.streams {
		if !s.ledger.Complete {
			continue
		}
		line := appendMessage(nil, streamStatus(s.As, airbyte.Complete, r.cfg.Emitted.UnixMilli()))
		if err := r.forwarder.to.pass(line); err != nil {
			return err
		}
	}
	return nil
}

// injectStates follows Airbyte's missing state injection: after a good end,
// streams that cannot be resumed and sent no state get an empty one, unless the
// sync's states are of another kind.
func (r *Relay) injectStates(source ending) error {
	kind := r.forwarder.book.kind // its only writer is this goroutine
	if !r.clean(source) || kind != "" && kind != airbyte.StreamState {
		return nil
	}
	for _, s := range r.book.streams {
		if !s.Inject || r.forwarder.sentState(s) {
			continue
		}
		if err := r.inject(s); err != nil {
			return err
		}
	}
	return nil
}

func (f *forwarder) sentState(s *stream) bool {
	f.book.mu.Lock()
	defer f.book.mu.Unlock()
	return s.ledger.StatesSent > 0
}

func (r *Relay) inject(s *stream) error {
	empty := &airbyte.StateMessage{
		Kind:   airbyte.StreamState,
		Stream: &airbyte.StreamPosition{Descriptor: s.As, State: json.RawMessage(`{}`)},
	}
	body, err := airbyte.Marshal(empty)
	if err != nil {
		return err
	}
	e := r.forwarder.send(s, &sourceState{}, &pendingState{stream: s, kind: airbyte.StreamState, injected: true, body: body})
	count := airbyte.Count(e.count)
	empty.ID, empty.SourceStats = &e.id, &airbyte.StateStats{RecordCount: &count}
	return r.forwarder.to.pass(appendMessage(nil, &airbyte.Message{Type: airbyte.State, State: empty}))
}
