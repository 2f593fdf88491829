package replication

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"knelt.dev/pkg/airbyte"
)

// content is what a state says, in a form that survives what destinations do
// to states they return: other key order, integers through float64, 1.0 as 1,
// duplicate keys collapsed, empty members added or dropped, "global_" for
// "global".
type content struct {
	value any
	text  string // canonical JSON of value
}

// contentOf takes the content out of a "state" object.
func contentOf(body []byte) *content {
	var state map[string]any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&state); err != nil {
		return &content{} // an echo may be anything; this equals nothing
	}
	v := normal(payload(state))
	var text strings.Builder
	writeCanonical(&text, v)
	return &content{value: v, text: text.String()}
}

// payload is the part of a state that belongs to the source.
func payload(state map[string]any) any {
	if s, ok := state["stream"].(map[string]any); ok {
		return s["stream_state"]
	}
	for _, key := range []string{"global", "global_"} {
		if g, ok := state[key].(map[string]any); ok {
			return map[string]any{"shared": g["shared_state"], "streams": byDescriptor(g["stream_states"])}
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

// normal drops empty members and makes every number a float64.
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

func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

func writeCanonical(w *strings.Builder, v any) {
	switch v := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for key := range v {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		for _, key := range keys {
			w.WriteString("{" + strconv.Quote(key) + ":")
			writeCanonical(w, v[key])
			w.WriteByte('}')
		}
	case []any:
		w.WriteByte('[')
		for _, item := range v {
			writeCanonical(w, item)
			w.WriteByte(',')
		}
		w.WriteByte(']')
	case float64:
		w.WriteString(strconv.FormatFloat(v, 'g', -1, 64))
	case string:
		w.WriteString(strconv.Quote(v))
	case bool:
		w.WriteString(strconv.FormatBool(v))
	}
}

// within tells whether everything that part says, whole says too: an echo that
// lost some members.
func within(part, whole any) bool {
	switch p := part.(type) {
	case map[string]any:
		w, ok := whole.(map[string]any)
		if !ok {
			return len(p) == 0
		}
		for key, member := range p {
			if other, ok := w[key]; !ok || !within(member, other) {
				return false
			}
		}
		return true
	case []any:
		w, ok := whole.([]any)
		if !ok || len(w) != len(p) {
			return false
		}
		for i := range p {
			if !within(p[i], w[i]) {
				return false
			}
		}
		return true
	case nil:
		return true
	}
	return part == whole
}
