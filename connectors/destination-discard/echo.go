package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/pkg/airbyte"
)

// echoes are the values of echo: what becomes of a state on its way back. All
// but exact were seen in real destinations.
var echoes = map[string]func(line []byte) ([]byte, error){
	"exact":      func(line []byte) ([]byte, error) { return line, nil },
	"reordered":  changedTree(func(map[string]any) {}),
	"without_id": changedTree(func(state map[string]any) { delete(state, "id") }),
	"global_":    changedTree(renameGlobal),
	"float":      throughFloat,
	"rebuilt":    rebuilt,
}

func echoNames() []string { return slices.Sorted(maps.Keys(echoes)) }

// changedTree changes the state object and writes the whole with its keys in
// another order. Numbers keep their digits.
func changedTree(change func(state map[string]any)) func([]byte) ([]byte, error) {
	return func(line []byte) ([]byte, error) {
		var envelope map[string]any
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.UseNumber()
		if err := decoder.Decode(&envelope); err != nil {
			return nil, kit.SystemError("reading a state: %w", err)
		}
		if state, ok := envelope["state"].(map[string]any); ok {
			change(state)
		}
		return appendBackwards(nil, envelope)
	}
}

func renameGlobal(state map[string]any) {
	if global, given := state["global"]; given {
		delete(state, "global")
		state["global_"] = global
	}
}

// appendBackwards writes a tree with the keys of its objects from z to a.
func appendBackwards(dst []byte, value any) ([]byte, error) {
	object, ok := value.(map[string]any)
	if !ok {
		return appendPlain(dst, value)
	}
	dst = append(dst, '{')
	for i, key := range slices.Backward(slices.Sorted(maps.Keys(object))) {
		dst = append(airbyte.AppendString(dst, key), ':')
		var err error
		if dst, err = appendBackwards(dst, object[key]); err != nil {
			return nil, err
		}
		if i > 0 {
			dst = append(dst, ',')
		}
	}
	return append(dst, '}'), nil
}

func appendPlain(dst []byte, value any) ([]byte, error) {
	list, ok := value.([]any)
	if !ok {
		plain, err := json.Marshal(value)
		return append(dst, plain...), err
	}
	dst = append(dst, '[')
	for i, item := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = appendBackwards(dst, item); err != nil {
			return nil, err
		}
	}
	return append(dst, ']'), nil
}

// throughFloat is what a reader without integers makes of it: 9007199254740993
// becomes ...992, 1.0 becomes 1, keys are sorted, repeated ones collapse.
func throughFloat(line []byte) ([]byte, error) {
	var tree any
	if err := json.Unmarshal(line, &tree); err != nil {
		return nil, kit.SystemError("reading a state: %w", err)
	}
	return json.Marshal(tree)
}

// rebuilt is what a destination with types of its own makes of it: unknown
// properties are gone, empty ones have come.
func rebuilt(line []byte) ([]byte, error) {
	m, err := airbyte.Decode(line)
	if err != nil {
		return nil, kit.SystemError("reading a state: %w", err)
	}
	m.Extra, m.State.Extra = nil, nil
	if m.State.Stream != nil {
		m.State.Stream.Extra = nil
	}
	if m.State.Data == nil {
		m.State.Data = json.RawMessage("{}")
	}
	return airbyte.AppendLine(nil, m)
}
