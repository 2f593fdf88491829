package replication

import (
	"bytes"
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
		patches = recordNamespace(patches, line, e, s)
	}
	if s.fields != nil {
		patches = dropFields(patches, line, e.Data, s.fields)
	}
	return splice(dst, line, patches), patches
}

// outward widens the contents of a string to its quotes.
func outward(s airbyte.Span) airbyte.Span { return airbyte.Span{Start: s.Start - 1, End: s.End + 1} }

// recordNamespace is namespacePatch for a record, where the data, the largest
// part by far, need not be looked at.
func recordNamespace(patches []patch, line []byte, e *airbyte.Envelope, s *stream) []patch {
	if !e.Namespace.Empty() {
		return append(patches, patch{at: outward(e.Namespace), with: s.asNS})
	}
	before, after := line[e.Body.Start:e.Data.Start], line[e.Data.End:e.Body.End]
	if mayHoldNamespace(before) || mayHoldNamespace(after) {
		return namespacePatch(patches, line, e.Body, s)
	}
	return addNamespace(patches, line, e.Body, s)
}

// mayHoldNamespace tells whether a part of an object can have that key, written
// plainly or with escapes.
func mayHoldNamespace(b []byte) bool {
	return bytes.Contains(b, []byte(`"namespace"`)) || bytes.IndexByte(b, '\\') >= 0
}

// namespacePatch writes the stream's namespace into obj: over the one that
// stands there, whatever its value, or as a new member. Nothing is added where
// none stands and none is wanted.
func namespacePatch(patches []patch, line []byte, obj airbyte.Span, s *stream) []patch {
	stands := false
	for key, value := range airbyte.Members(line, obj) {
		if airbyte.KeyIs(key.Of(line), "namespace") {
			stands = true
			patches = append(patches, patch{at: value, with: s.asNS})
		}
	}
	if stands {
		return patches
	}
	return addNamespace(patches, line, obj, s)
}

func addNamespace(patches []patch, line []byte, obj airbyte.Span, s *stream) []patch {
	if s.As.Namespace == "" {
		return patches
	}
	return append(patches, insertMember(line, obj, s.nsMember))
}
