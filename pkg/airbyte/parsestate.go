package airbyte

import (
	"encoding/json"
	"fmt"
	"slices"
)

// ParseStateFile reads what people and kits call a state file and gives the
// state objects in it, byte for byte, with their kind:
//
//	[STATE, ...]      an array of state objects, all of one kind
//	STATE             one state object, with "type" or with "data"
//	{"type":"STATE","state":STATE}   a whole message, alone or in the array
//	{} [] null        no state: no positions and the kind ""
//	any other object  a bare legacy state, given as {"type":"LEGACY","data":OBJECT}
func ParseStateFile(file []byte) ([]json.RawMessage, StateKind, error) {
	if err := checkJSON(file); err != nil {
		return nil, "", fmt.Errorf("state file: %w", err)
	}
	p := stateFileParser{streams: map[Descriptor]bool{}}
	if err := p.file(file[skipBlank(file, 0):]); err != nil {
		return nil, "", fmt.Errorf("state file: %w", err)
	}
	return p.positions, p.kind, nil
}

type stateFileParser struct {
	positions []json.RawMessage
	kind      StateKind
	streams   map[Descriptor]bool
}

func (p *stateFileParser) file(file []byte) error {
	switch file[0] {
	case '[':
		return eachElement(file, func(i int, element json.RawMessage) error {
			return underIndex(i, p.element(element))
		})
	case '{':
		return p.object(file[:endOfValue(file, 0)])
	case 'n':
		return nil
	}
	return fmt.Errorf("must be a JSON array or object")
}

func (p *stateFileParser) element(element json.RawMessage) error {
	if element[0] != '{' {
		return errNotObject
	}
	return p.state(stateOfEnvelope(element))
}

func (p *stateFileParser) object(obj json.RawMessage) error {
	obj = stateOfEnvelope(obj)
	switch shape := shapeOf(obj); {
	case shape.members == 0:
		return nil
	case shape.typed || shape.data:
		return p.state(obj)
	}
	bare := slices.Concat([]byte(`{"type":"LEGACY","data":`), obj, []byte(`}`))
	return p.state(bare)
}

func (p *stateFileParser) state(state json.RawMessage) error {
	var s StateMessage
	if err := Unmarshal(state, &s); err != nil {
		return err
	}
	if err := s.Validate(); err != nil {
		return err
	}
	if p.kind != "" && (p.kind != s.Kind || s.Kind != StreamState) {
		return errMixedKinds
	}
	if s.Kind == StreamState {
		if p.streams[s.Stream.Descriptor] {
			return fmt.Errorf("stream %s: %w", s.Stream.Descriptor, errTwice)
		}
		p.streams[s.Stream.Descriptor] = true
	}
	p.kind = s.Kind
	p.positions = append(p.positions, slices.Clone(state))
	return nil
}

// objectShape tells what a file's object looks like.
type objectShape struct {
	members     int
	typed, data bool
	message     json.RawMessage
}

func shapeOf(obj []byte) objectShape {
	var s objectShape
	isMessage := false
	var state json.RawMessage
	visitMembers(obj, func(m rawMember) {
		s.members++
		switch string(m.name) {
		case "type":
			word := kindWord(m.value)
			s.typed, isMessage = word != "" && word != State.String(), word == State.String()
		case "data":
			s.data = m.value[0] == '{'
		case "state":
			state = m.value
		}
	})
	if isMessage && len(state) > 0 && state[0] == '{' {
		s.message = state
	}
	return s
}

// kindWord gives value if it is a word that a state or its envelope has as type.
func kindWord(value []byte) string {
	if value[0] != '"' {
		return ""
	}
	switch word := unquote(value); word {
	case string(StreamState), string(GlobalState), string(LegacyState), State.String():
		return word
	}
	return ""
}

func stateOfEnvelope(obj json.RawMessage) json.RawMessage {
	if message := shapeOf(obj).message; message != nil {
		return message
	}
	return obj
}
