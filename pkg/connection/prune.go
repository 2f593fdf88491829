package connection

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
)

// PruneSchema leaves only the named top-level fields in a stream's JSON Schema:
// in its properties and its required. All other bytes stay as they are. The
// error is for a schema that is no JSON object.
func PruneSchema(schema json.RawMessage, fields []string) (json.RawMessage, error) {
	top, err := members(schema)
	if err != nil {
		return nil, err
	}
	var out json.RawMessage
	at := 0
	for _, m := range top {
		value := m.value(schema)
		switch m.key {
		case "properties":
			value = pruneProperties(value, fields)
		case "required":
			value = pruneRequired(value, fields)
		}
		out = append(append(out, schema[at:m.start]...), value...)
		at = m.end
	}
	return append(out, schema[at:]...), nil
}

func pruneProperties(raw json.RawMessage, fields []string) json.RawMessage {
	all, err := members(raw)
	if err != nil {
		return raw
	}
	kept := [][]byte{}
	for _, m := range all {
		if slices.Contains(fields, m.key) {
			kept = append(kept, raw[m.keyStart:m.end])
		}
	}
	return slices.Concat([]byte("{"), bytes.Join(kept, []byte(",")), []byte("}"))
}

func pruneRequired(raw json.RawMessage, fields []string) json.RawMessage {
	var names []json.RawMessage
	if err := json.Unmarshal(raw, &names); err != nil || names == nil {
		return raw
	}
	kept := [][]byte{}
	for _, n := range names {
		var name string
		if json.Unmarshal(n, &name) == nil && slices.Contains(fields, name) {
			kept = append(kept, n)
		}
	}
	return slices.Concat([]byte("["), bytes.Join(kept, []byte(",")), []byte("]"))
}

// member is a key of a JSON object: where the key starts, and its value's place.
type member struct {
	key                  string
	keyStart, start, end int
}

func (m member) value(raw []byte) json.RawMessage { return raw[m.start:m.end] }

var errNoObject = errors.New("is no JSON object")

// members lists the keys of a JSON object as they are written.
func members(raw json.RawMessage) ([]member, error) {
	if !json.Valid(raw) {
		return nil, errNoObject
	}
	w := jsonWalker{raw: raw, visit: func(jsonLeaf) {}}
	if w.peek() != '{' {
		return nil, errNoObject
	}
	var all []member
	w.pos++
	for w.peek() != '}' {
		if w.raw[w.pos] == ',' {
			w.pos++
			w.peek()
		}
		m := member{keyStart: w.pos}
		w.scalar()
		m.key, _ = jsonLeaf{raw: raw[m.keyStart:w.pos]}.text()
		w.peek()
		w.pos++ // the colon
		w.peek()
		m.start = w.pos
		w.value("")
		m.end = w.pos
		all = append(all, m)
	}
	return all, nil
}
