package replication

import (
	"encoding/json"

	"knelt.dev/pkg/airbyte"
)

// quote gives the JSON string of s.
func quote(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always has a JSON form
	}
	return b
}

// namespaceValue is how a namespace is written: none is null.
func namespaceValue(ns string) []byte {
	if ns == "" {
		return []byte("null")
	}
	return quote(ns)
}

// mapRecord appends a RECORD under the name and with the fields the destination
// shall see.
func mapRecord(dst, line []byte, e *airbyte.Envelope, s *stream, patches []patch) ([]byte, []patch) {
	patches = patches[:0]
	if s.rename {
		patches = append(patches, patch{at: outward(e.Stream), with: s.asName})
		patches = namespacePatch(patches, line, e.Body, s)
	}
	if s.fields != nil && isObject(line, e.Data) {
		patches = dropFields(patches, line, e.Data, s.fields)
	}
	return splice(dst, line, patches), patches
}

// outward widens the contents of a string to its quotes.
func outward(s airbyte.Span) airbyte.Span { return airbyte.Span{Start: s.Start - 1, End: s.End + 1} }

// namespacePatch writes the stream's namespace into obj: over the one that
// stands there, whatever its value, or as a new member. Nothing is added where
// none stands and none is wanted.
func namespacePatch(patches []patch, line []byte, obj airbyte.Span, s *stream) []patch {
	for key, value := range airbyte.Members(line, obj) {
		if airbyte.KeyIs(key.Of(line), "namespace") {
			return append(patches, patch{at: value, with: s.asNS})
		}
	}
	if s.As.Namespace == "" {
		return patches
	}
	member := append([]byte(`"namespace":`), s.asNS...)
	return append(patches, insertMember(line, obj, member))
}

// dropFields cuts the members of data that are not selected, each with one of
// the commas beside it.
func dropFields(patches []patch, line []byte, data airbyte.Span, selected map[string]bool) []patch {
	kept, previous := 0, data.Start+1 // previous: where the last member ended
	cut := airbyte.Span{Start: -1}
	for key, value := range airbyte.Members(line, data) {
		switch {
		case keyIn(line, key, selected):
			if kept == 0 && cut.Start >= 0 { // dropped so far: up to this key
				cut.End = key.Start - 1
			}
			if cut.Start >= 0 {
				patches, cut = append(patches, patch{at: cut}), airbyte.Span{Start: -1}
			}
			kept++
		case cut.Start < 0:
			cut = airbyte.Span{Start: previous, End: value.End}
		default:
			cut.End = value.End
		}
		previous = value.End
	}
	if cut.Start >= 0 {
		patches = append(patches, patch{at: cut})
	}
	return patches
}

func keyIn(line []byte, key airbyte.Span, set map[string]bool) bool {
	raw := key.Of(line)
	if set[string(raw)] {
		return true
	}
	for _, c := range raw {
		if c == '\\' {
			return set[string(airbyte.Unquote(nil, raw))]
		}
	}
	return false
}
