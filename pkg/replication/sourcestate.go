package replication

import (
	"bytes"
	"strconv"

	"knelt.dev/pkg/airbyte"
)

// sourceState is what the relay must know of a STATE line, with the places
// where it writes into it.
type sourceState struct {
	kind airbyte.StateKind
	// descriptor of a STREAM state.
	descriptor airbyte.Descriptor
	// reset tells a STREAM state that is null: forget the stream.
	reset bool
	// said is the source's own count of records; nil if it gave none.
	said *int64

	body       airbyte.Span
	id         airbyte.Span // value of "id", if there is one
	stats      airbyte.Span // value of "sourceStats"
	count      airbyte.Span // value of "recordCount" in it
	stream     airbyte.Span // value of "stream"
	namedBy    airbyte.Span // value of "stream_descriptor"
	name       airbyte.Span // value of "name" in it
	hasData    bool
	hasGlobal  bool
	kindIsSaid bool
}

// readState finds its way through the "state" object of a line. problem says
// what is wrong with a state that cannot be used.
func readState(line []byte, body airbyte.Span) (st sourceState, problem string) {
	st.body = body
	for key, value := range airbyte.Members(line, body) {
		switch {
		case airbyte.KeyIs(key.Of(line), "type"):
			st.kind, st.kindIsSaid = stateKind(line, value)
		case airbyte.KeyIs(key.Of(line), "id"):
			st.id = value
		case airbyte.KeyIs(key.Of(line), "sourceStats"):
			st.readStats(line, value)
		case airbyte.KeyIs(key.Of(line), "stream") && isObject(line, value):
			st.stream = value
			st.readStream(line)
		case airbyte.KeyIs(key.Of(line), "global"):
			st.hasGlobal = isObject(line, value)
		case airbyte.KeyIs(key.Of(line), "data"):
			st.hasData = !isNull(line, value)
		}
	}
	return st, st.check()
}

// check settles the kind: without a "type" a state is LEGACY, unless it holds
// no data and is plainly of another kind.
func (st *sourceState) check() (problem string) {
	if !st.kindIsSaid {
		st.kind = airbyte.LegacyState
		switch {
		case st.hasData:
		case !st.stream.Empty():
			st.kind = airbyte.StreamState
		case st.hasGlobal:
			st.kind = airbyte.GlobalState
		}
	}
	switch {
	case st.kind == airbyte.StreamState && st.name.Empty():
		return "a STREAM state without stream.stream_descriptor.name"
	case st.kind == airbyte.GlobalState && !st.hasGlobal:
		return "a GLOBAL state without global"
	case st.kind == airbyte.LegacyState && !st.hasData:
		return "a state without data"
	case st.kind == "":
		return "a state of an unknown type"
	}
	return ""
}

func stateKind(line []byte, value airbyte.Span) (airbyte.StateKind, bool) {
	if isNull(line, value) {
		return "", false
	}
	for _, k := range []airbyte.StateKind{airbyte.StreamState, airbyte.GlobalState, airbyte.LegacyState} {
		if string(line[value.Start:value.End]) == `"`+string(k)+`"` {
			return k, true
		}
	}
	return "", true
}

func (st *sourceState) readStats(line []byte, value airbyte.Span) {
	st.stats = value
	if !isObject(line, value) {
		return
	}
	for key, v := range airbyte.Members(line, value) {
		if airbyte.KeyIs(key.Of(line), "recordCount") {
			st.count = v
			st.said = wholeNumber(v.Of(line))
		}
	}
}

func (st *sourceState) readStream(line []byte) {
	empty := true
	for key, value := range airbyte.Members(line, st.stream) {
		switch {
		case airbyte.KeyIs(key.Of(line), "stream_descriptor") && isObject(line, value):
			st.namedBy = value
			st.readDescriptor(line)
		case airbyte.KeyIs(key.Of(line), "stream_state"):
			empty = isNull(line, value)
		}
	}
	st.reset = empty
}

func (st *sourceState) readDescriptor(line []byte) {
	for key, value := range airbyte.Members(line, st.namedBy) {
		if !isString(line, value) {
			continue
		}
		text := airbyte.Unquote(nil, line[value.Start+1:value.End-1])
		switch {
		case airbyte.KeyIs(key.Of(line), "name"):
			st.name, st.descriptor.Name = value, string(text)
		case airbyte.KeyIs(key.Of(line), "namespace"):
			st.descriptor.Namespace = string(text)
		}
	}
}

func isNull(line []byte, v airbyte.Span) bool { return bytes.Equal(v.Of(line), []byte("null")) }

// wholeNumber reads a count, which the protocol writes as a double.
func wholeNumber(text []byte) *int64 {
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil || f < 0 || f > 1<<53 {
		return nil
	}
	n := int64(f)
	return &n
}

// edit is what the relay writes into a state.
type edit struct {
	id    int64
	count int64   // records relayed under this state
	as    *stream // the stream to rename to; nil: leave the name
}

// apply appends the line with the edit spliced in. Sibling keys and everything
// else stay as the source wrote them: some destinations need what only their
// source knows.
func (st *sourceState) apply(dst, line []byte, e edit) []byte {
	patches := make([]patch, 0, 6)
	if st.id.Empty() {
		patches = append(patches, insertMember(line, st.body, strconv.AppendInt([]byte(`"id":`), e.id, 10)))
	} else {
		patches = append(patches, patch{at: st.id, with: strconv.AppendInt(nil, e.id, 10)})
	}
	patches = st.countPatch(patches, line, e.count)
	if e.as != nil {
		patches = append(patches, patch{at: st.name, with: e.as.asName})
		patches = namespacePatch(patches, line, st.namedBy, e.as)
	}
	return splice(dst, line, patches)
}

func (st *sourceState) countPatch(patches []patch, line []byte, count int64) []patch {
	number := append(strconv.AppendInt(nil, count, 10), '.', '0')
	if st.said != nil && *st.said == count {
		return patches
	}
	if !st.count.Empty() {
		return append(patches, patch{at: st.count, with: number})
	}
	member := append([]byte(`"recordCount":`), number...)
	if !st.stats.Empty() && isObject(line, st.stats) {
		return append(patches, insertMember(line, st.stats, member))
	}
	stats := append(append([]byte(`{`), member...), '}')
	if !st.stats.Empty() {
		return append(patches, patch{at: st.stats, with: stats})
	}
	whole := append([]byte(`"sourceStats":`), stats...)
	return append(patches, insertMember(line, st.body, whole))
}
