package replication

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"hash"
	"io"
	"slices"
	"strconv"

	"knelt.dev/pkg/airbyte"
)

// content is what a state says, in a form that survives what destinations do
// to states they return: other key order, integers through float64, 1.0 as 1,
// duplicate keys collapsed, empty members added or dropped, "global_" for
// "global".
type content struct {
	value any
	sum   digest
}

// digest stands for a content; equal contents have equal ones, in every process:
// a successor compares with what its predecessor remembered.
type digest uint64

// contentOf takes the content out of a "state" object of that kind.
func contentOf(kind airbyte.StateKind, body []byte) content {
	var state map[string]any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&state); err != nil {
		state = nil // the line was valid JSON: only its depth can be too much here
	}
	v := normal(payload(kind, state))
	h := sha256.New()
	writeCanonical(h, v)
	return content{value: v, sum: digest(binary.BigEndian.Uint64(h.Sum(nil)))}
}

// payload is the part of a state that belongs to the source.
func payload(kind airbyte.StateKind, state map[string]any) any {
	switch kind {
	case airbyte.StreamState:
		s, _ := state["stream"].(map[string]any)
		return s["stream_state"]
	case airbyte.GlobalState:
		for _, key := range []string{"global", "global_"} {
			if g, ok := state[key].(map[string]any); ok {
				return map[string]any{"shared": g["shared_state"], "streams": byDescriptor(g["stream_states"])}
			}
		}
	}
	return state["data"]
}

// byDescriptor makes the list of a GLOBAL state independent of its order.
func byDescriptor(list any) map[string]any {
	streams := map[string]any{}
	items, _ := list.([]any)
	for _, item := range items {
		s, _ := item.(map[string]any)
		d, _ := s["stream_descriptor"].(map[string]any)
		name, _ := d["name"].(string)
		namespace, _ := d["namespace"].(string)
		streams[airbyte.Descriptor{Namespace: namespace, Name: name}.String()] = s["stream_state"]
	}
	return streams
}

// normal drops members that say nothing and makes every number a float64.
func normal(v any) any {
	switch v := v.(type) {
	case json.Number:
		f, _ := strconv.ParseFloat(string(v), 64) // out of range: ±Inf, which will do
		return f
	case []any:
		for i := range v {
			v[i] = normal(v[i])
		}
		return v
	case map[string]any:
		for key, member := range v {
			if v[key] = normal(member); isEmpty(v[key]) {
				delete(v, key)
			}
		}
	}
	return v
}

// isEmpty tells what typed languages write for a member that was not there.
func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case float64:
		return v == 0
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// writeCanonical writes v so that different values have different texts, but
// for empty ones at the top, which are all the same.
func writeCanonical(w hash.Hash, v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range sortedKeys(v) {
			hashText(w, "{"+strconv.Quote(key)+":")
			writeCanonical(w, v[key])
			hashText(w, "}")
		}
	case []any:
		for _, item := range v {
			hashText(w, "[")
			writeCanonical(w, item)
			hashText(w, "]")
		}
	case float64:
		hashText(w, strconv.FormatFloat(v, 'g', -1, 64))
	case string:
		hashText(w, strconv.Quote(v))
	case bool:
		hashText(w, strconv.FormatBool(v))
	}
}

func hashText(w hash.Hash, text string) { _, _ = io.WriteString(w, text) } // never fails

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
