package main

import (
	"encoding/json"

	"knelt.dev/pkg/airbyte"
)

// state emits the state after the rows made so far, of the configured kind.
func (r *read) state(s *stream) error {
	if err := r.write(); err != nil {
		return err
	}
	count := airbyte.Count(s.unstated)
	s.unstated = 0
	message := r.stateMessage(s)
	message.SourceStats = &airbyte.StateStats{RecordCount: &count}
	return r.out.State(message)
}

func (r *read) stateMessage(s *stream) *airbyte.StateMessage {
	switch r.config.StateKind {
	case airbyte.GlobalState:
		return &airbyte.StateMessage{Kind: airbyte.GlobalState, Global: r.global()}
	case airbyte.LegacyState:
		return &airbyte.StateMessage{Kind: airbyte.LegacyState, Untyped: true, Data: r.legacy()}
	}
	position := s.position()
	return &airbyte.StateMessage{Kind: airbyte.StreamState, Stream: &position}
}

func (s *stream) position() airbyte.StreamPosition {
	return airbyte.StreamPosition{Descriptor: s.Stream.Descriptor(), State: positionAfter(s.SyncMode, s.last)}
}

func (r *read) global() *airbyte.GlobalPosition {
	global := &airbyte.GlobalPosition{SharedState: json.RawMessage(`{"source":"faker"}`)}
	for _, s := range r.streams {
		global.StreamStates = append(global.StreamStates, s.position())
	}
	return global
}

func (r *read) legacy() json.RawMessage {
	byName := map[string]json.RawMessage{}
	for _, s := range r.streams {
		byName[s.Stream.Name] = positionAfter(s.SyncMode, s.last)
	}
	data, err := json.Marshal(byName)
	if err != nil {
		panic("source-faker: a state cannot be written: " + err.Error())
	}
	return data
}
