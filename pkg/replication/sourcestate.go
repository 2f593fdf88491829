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
// what is wrong with a state that cannot be used; what is known of it is set
// all the same. Of repeated keys the last one counts, as in most decoders.
func readState(line []byte, body airbyte.Span) (st sourceState, problem string) {
	st.body = body
	for key, value := range airbyte.Members(line, body) {
		raw := key.Of(line)
		switch {
		case airbyte.KeyIs(raw, "type"):
			st.kind, st.kindIsSaid = stateKind(line, value)
		case airbyte.KeyIs(raw, "id"):
			st.id = value
		case airbyte.KeyIs(raw, "sourceStats"):
			st.readStats(line, value)
		case airbyte.KeyIs(raw, "stream") && isObject(line, value):
			st.readStream(line, value)
		case airbyte.KeyIs(raw, "global"):
			st.hasGlobal = isObject(line, value)
		case airbyte.KeyIs(raw, "data"):
			st.hasData = !isNull(line, value)
		}
	}
	return st, st.check()
}

// check settles the kind: without a "type" a state is LEGACY, unless it holds
// no data and is plainly of another kind.
func (st *sourceState) check() (problem string) {
	if !st.kindIsSaid {
		st.kind = st.kindByShape()
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

func (st *sourceState) kindByShape() airbyte.StateKind {
	switch {
	case st.hasData:
	case !st.stream.Empty():
		return airbyte.StreamState
	case st.hasGlobal:
		return airbyte.GlobalState
	}
	return airbyte.LegacyState
}

func stateKind(line []byte, value airbyte.Span) (k airbyte.StateKind, said bool) {
	if !isString(line, value) {
		return "", !isNull(line, value)
	}
	word := value.Of(line)
	for _, k := range []airbyte.StateKind{airbyte.StreamState, airbyte.GlobalState, airbyte.LegacyState} {
		if airbyte.KeyIs(word[1:len(word)-1], string(k)) {
			return k, true
		}
	}
	return "", true
}

func (st *sourceState) readStats(line []byte, value airbyte.Span) {
	st.stats, st.count, st.said = value, airbyte.Span{}, nil
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

func (st *sourceState) readStream(line []byte, value airbyte.Span) {
	st.stream, st.reset = value, true
	st.namedBy, st.name, st.descriptor = airbyte.Span{}, airbyte.Span{}, airbyte.Descriptor{}
	for key, v := range airbyte.Members(line, value) {
		switch {
		case airbyte.KeyIs(key.Of(line), "stream_descriptor") && isObject(line, v):
			st.readDescriptor(line, v)
		case airbyte.KeyIs(key.Of(line), "stream_state"):
			st.reset = isNull(line, v)
		}
	}
}

func (st *sourceState) readDescriptor(line []byte, value airbyte.Span) {
	st.namedBy, st.name, st.descriptor = value, airbyte.Span{}, airbyte.Descriptor{}
	for key, v := range airbyte.Members(line, value) {
		if !isString(line, v) {
			continue
		}
		text := airbyte.Unquote(nil, line[v.Start+1:v.End-1])
		switch {
		case airbyte.KeyIs(key.Of(line), "name"):
			st.name, st.descriptor.Name = v, string(text)
		case airbyte.KeyIs(key.Of(line), "namespace"):
			st.descriptor.Namespace = string(text)
		}
	}
}

func isNull(line []byte, v airbyte.Span) bool { return bytes.Equal(v.Of(line), []byte("null")) }

// wholeNumber reads a count, which the protocol writes as a double; nil if it
// is none.
func wholeNumber(text []byte) *int64 {
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil || f < 0 || f > 1<<53 || f != float64(int64(f)) {
		return nil
	}
	n := int64(f)
	return &n
}
