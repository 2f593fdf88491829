package airbyte

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// StateFile gives the content of a connector's --state file. Each position is
// a state object: what stands under "state" in a STATE message, as its source
// wrote it; its bytes are kept. All positions must be of the given kind.
//
//	STREAM  an array of the states, one per stream; [] for none
//	GLOBAL  an array of the one state
//	LEGACY  the bare object of the one state's "data": sources old enough to
//	        send such states know nothing else
func StateFile(positions []json.RawMessage, kind StateKind) ([]byte, error) {
	for i, position := range positions {
		if err := checkPosition(position, kind); err != nil {
			return nil, fmt.Errorf("state file: %w", underIndex(i, err))
		}
	}
	if kind != StreamState && len(positions) != 1 {
		return nil, fmt.Errorf("state file: %d states of kind %s, want exactly one", len(positions), kind)
	}
	if kind == LegacyState {
		return legacyData(positions[0])
	}
	out := []byte{'['}
	for i, position := range positions {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendOneLine(out, position)
	}
	return append(out, ']'), nil
}

func checkPosition(position []byte, kind StateKind) error {
	if kind != StreamState && kind != GlobalState && kind != LegacyState {
		return fmt.Errorf("%q is no kind of state", kind)
	}
	var s StateMessage
	if err := Unmarshal(position, &s); err != nil {
		return err
	}
	if s.Kind != kind {
		return under("type", fmt.Errorf("is %s, want %s: kinds of state are never mixed", s.Kind, kind))
	}
	return s.Validate()
}

func legacyData(position []byte) ([]byte, error) {
	var s StateMessage
	if err := Unmarshal(position, &s); err != nil {
		return nil, err
	}
	return appendOneLine(nil, s.Data), nil
}

// Validate tells whether the state has the part that belongs to its kind: a
// stream's descriptor, the global states, the legacy data.
func (v *StateMessage) Validate() error {
	switch {
	case v.Kind == StreamState && v.Stream == nil:
		return under("stream", errMissing)
	case v.Kind == GlobalState && v.Global == nil:
		return under("global", errMissing)
	case (v.Kind == LegacyState || v.Kind == "") && v.Data == nil:
		return under("data", errMissing)
	}
	return nil
}

// PersistedState gives body, a state object, as it is kept: without the "data"
// that some sources put beside a STREAM state (a copy of all streams' states
// for engines that know no other kind). The other bytes stay as they are; body
// itself is returned where there is nothing to cut.
func PersistedState(body []byte) ([]byte, error) {
	var s StateMessage
	if err := Unmarshal(body, &s); err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	if s.Kind != StreamState {
		return body, nil
	}
	return cutMember(body, "data"), nil
}

// cutMember cuts a member out of an object, with the comma that goes with it.
func cutMember(obj []byte, name string) []byte {
	var cut, previous rawMember
	next := -1
	visitMembers(obj, func(m rawMember) {
		switch {
		case string(m.name) == name:
			cut = m
		case cut.end == 0:
			previous = m
		case next < 0:
			next = m.start
		}
	})
	switch {
	case cut.end == 0:
		return obj
	case next >= 0:
		return slices.Concat(obj[:cut.start], obj[next:])
	case previous.end > 0:
		return slices.Concat(obj[:previous.end], obj[cut.end:])
	}
	return slices.Concat(obj[:cut.start], obj[cut.end:])
}

var errMixedKinds = errors.New("kinds of state are never mixed")
