package rules

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"knelt.dev/pkg/airbyte"
)

// CutStreams takes streams out of a GLOBAL state: their elements leave
// global.stream_states, every other byte stays, shared_state and unknown
// properties included. Keys count by their exact spelling, as the protocol's do.
func CutStreams(state []byte, streams []airbyte.Descriptor) ([]byte, error) {
	gone := make(map[airbyte.Descriptor]bool, len(streams))
	for _, d := range streams {
		gone[d] = true
	}
	out, err := edit(state, "global", func(global []byte) ([]byte, error) {
		return edit(global, "stream_states", func(list []byte) ([]byte, error) {
			return without(list, gone)
		})
	})
	if err != nil {
		return nil, fmt.Errorf("take streams out of the stored GLOBAL state: %w", err)
	}
	return out, nil
}

// edit replaces the value of key in a JSON object by what f makes of it.
func edit(object []byte, key string, f func(value []byte) ([]byte, error)) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(object))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.Join(fmt.Errorf("what holds %q is not an object", key), err)
	}
	var out []byte
	copied := 0
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		if name != key {
			continue
		}
		end := int(d.InputOffset())
		changed, err := f(value)
		if err != nil {
			return nil, err
		}
		out = append(append(out, object[copied:end-len(value)]...), changed...)
		copied = end
	}
	return append(out, object[copied:]...), nil
}

// without drops the elements of the streams in gone; a list that has none of
// them comes back as it was.
func without(list []byte, gone map[airbyte.Descriptor]bool) ([]byte, error) {
	var elements []json.RawMessage
	if err := json.Unmarshal(list, &elements); err != nil {
		return nil, fmt.Errorf("stream_states is not a list: %w", err)
	}
	kept := make([][]byte, 0, len(elements))
	for _, e := range elements {
		d, err := descriptor(e)
		if err != nil {
			return nil, err
		}
		if !gone[d] {
			kept = append(kept, e)
		}
	}
	if len(kept) == len(elements) {
		return list, nil
	}
	return append(append([]byte{'['}, bytes.Join(kept, []byte{','})...), ']'), nil
}

// descriptor reads an element's stream. Maps are decoded, not structs, because
// encoding/json matches struct fields without regard to case.
func descriptor(element []byte) (d airbyte.Descriptor, err error) {
	var e, s map[string]json.RawMessage
	if err := json.Unmarshal(element, &e); err != nil {
		return d, fmt.Errorf("an element of stream_states is not an object: %w", err)
	}
	if err := json.Unmarshal(e["stream_descriptor"], &s); err != nil {
		return d, fmt.Errorf("an element of stream_states has no stream_descriptor: %w", err)
	}
	if err := json.Unmarshal(s["name"], &d.Name); err != nil {
		return d, fmt.Errorf("a stream_descriptor has no name: %w", err)
	}
	if ns, ok := s["namespace"]; ok {
		err = json.Unmarshal(ns, &d.Namespace)
	}
	return d, err
}
