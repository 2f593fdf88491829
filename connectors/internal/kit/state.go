package kit

import (
	"encoding/json"
	"os"

	"knelt.dev/pkg/airbyte"
)

// State is where the last read ended. The zero State is a first read.
type State struct {
	// Kind is the kind of the given state, "" without one.
	Kind airbyte.StateKind
	// Shared is the shared_state of a GLOBAL state.
	Shared json.RawMessage
	// Legacy is the data of a LEGACY state.
	Legacy  json.RawMessage
	streams map[airbyte.Descriptor]json.RawMessage
}

// Stream gives the state of a stream, of a STREAM or GLOBAL state. It is nil
// without one; a null (the stream is to be reset) is nil too.
func (s State) Stream(d airbyte.Descriptor) json.RawMessage { return s.streams[d] }

// ParseState reads the content of a state file.
func ParseState(file []byte) (State, error) {
	positions, kind, err := airbyte.ParseStateFile(file)
	if err != nil {
		return State{}, ConfigError("%w", err)
	}
	s := State{Kind: kind, streams: map[airbyte.Descriptor]json.RawMessage{}}
	for _, position := range positions {
		var message airbyte.StateMessage
		if err := airbyte.Unmarshal(position, &message); err != nil {
			return State{}, ConfigError("state file: %w", err)
		}
		s.add(&message)
	}
	return s, nil
}

func (s *State) add(message *airbyte.StateMessage) {
	switch message.Kind {
	case airbyte.StreamState:
		s.addStream(*message.Stream)
	case airbyte.GlobalState:
		s.Shared = message.Global.SharedState
		for _, position := range message.Global.StreamStates {
			s.addStream(position)
		}
	case airbyte.LegacyState:
		s.Legacy = message.Data
	}
}

func (s *State) addStream(position airbyte.StreamPosition) {
	if string(position.State) != "null" {
		s.streams[position.Descriptor] = position.State
	}
}

func loadState(path string) (State, error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return State{}, ConfigError("state file: %w", err)
	}
	return ParseState(file)
}
