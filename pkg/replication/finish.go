package replication

import (
	"encoding/json"

	"knelt.dev/pkg/airbyte"
)

// finish tells the destination how the source ended and closes its input: empty
// states for full refresh streams that sent none, and COMPLETE for the streams
// that are whole.
func (r *Relay) finish(source ending) {
	r.markComplete(source)
	var err error
	if !r.deaf() {
		err = r.lastWords(source)
	}
	r.watch.inputClosed()
	r.closeStdin(r.destination)
	if err != nil {
		r.halt(cause{destinationGone, err.Error()})
	}
}

func (r *Relay) lastWords(source ending) error {
	f := r.forwarder
	for _, s := range r.book.streams {
		if r.clean(source) && r.wantsState(s) {
			if err := r.inject(s); err != nil {
				return err
			}
		}
	}
	if !r.cfg.SupportsRefreshes {
		return nil
	}
	for _, s := range r.book.streams {
		if s.ledger.Complete {
			if err := f.write(r.completeLine(s)); err != nil {
				return err
			}
		}
	}
	return nil
}

// clean tells that the source ended by itself and well.
func (r *Relay) clean(source ending) bool {
	return source.err == nil && source.exit.Code == 0 && r.why().kind == noCause
}

// markComplete decides which streams are whole: those that said so; all of them
// if the source sent no statuses at all, no error, and ended well. Not those of
// which a message was lost on the way.
func (r *Relay) markComplete(source ending) {
	b := r.book
	b.mu.Lock()
	defer b.mu.Unlock()
	implied := !b.said && r.clean(source) && b.refused == "" && len(b.source.Errors) == 0
	for _, s := range b.streams {
		whole := s.ledger.Broken == 0 && b.unassigned == 0
		s.ledger.Complete = whole && (implied || s.ledger.Status == airbyte.Complete)
	}
}

// wantsState follows Airbyte's missing state injection.
func (r *Relay) wantsState(s *stream) bool {
	b := r.book
	b.mu.Lock()
	defer b.mu.Unlock()
	perStream := b.kind == "" || b.kind == airbyte.StreamState
	return perStream && s.Inject && s.ledger.StatesSent == 0
}

func (r *Relay) inject(s *stream) error {
	p := &pendingState{stream: s, kind: airbyte.StreamState, injected: true}
	state := &airbyte.StateMessage{
		Kind:   airbyte.StreamState,
		Stream: &airbyte.StreamPosition{Descriptor: s.As, State: json.RawMessage(`{}`)},
	}
	var err error
	if p.body, err = airbyte.Marshal(state); err != nil {
		return err
	}
	e := r.forwarder.send(s, &sourceState{}, p)
	count := airbyte.Count(e.count)
	state.ID, state.SourceStats = &e.id, &airbyte.StateStats{RecordCount: &count}
	line, err := airbyte.AppendLine(nil, &airbyte.Message{Type: airbyte.State, State: state})
	if err != nil {
		return err
	}
	return r.forwarder.write(line)
}

func (r *Relay) completeLine(s *stream) []byte {
	line, err := airbyte.AppendLine(nil, &airbyte.Message{Type: airbyte.Trace, Trace: &airbyte.TraceMessage{
		Type:         airbyte.TraceStreamStatus,
		EmittedAt:    float64(r.cfg.emittedMillis()),
		StreamStatus: &airbyte.StreamStatusTrace{Descriptor: s.As, Status: airbyte.Complete},
	}})
	if err != nil {
		panic(err) // a message made here of plain strings always encodes
	}
	return line
}
