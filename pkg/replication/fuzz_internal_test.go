package replication

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"knelt.dev/pkg/airbyte"
)

// FuzzDropFields: whatever the record, what is left is valid and holds exactly
// the selected members, byte for byte.
func FuzzDropFields(f *testing.F) {
	f.Add([]byte(`{"a":1,"b":{"a":2},"c":[3]}`), "a", "c")
	f.Add([]byte(`{ "\u0061" : 1 , "b":"}" }`), "a", "")
	f.Add([]byte(`{"":0,"":{}}`), "", "x")
	f.Fuzz(func(t *testing.T, data []byte, one, other string) {
		line := slices.Concat([]byte(`{"type":"RECORD","record":{"stream":"users","data":`), data, []byte(`}}`))
		var e airbyte.Envelope
		if airbyte.Classify(line, &e) != airbyte.ProtocolLine || bytes.IndexByte(line, '\n') >= 0 {
			return
		}
		before := membersBySpans(line, e.Data)
		got := splice(nil, line, dropFields(nil, line, e.Data, newFieldSet([]string{one, other})))
		if airbyte.Classify(got, &e) != airbyte.ProtocolLine {
			t.Fatalf("%s became %s: %s", line, got, e.Problem)
		}
		want := slices.DeleteFunc(before, func(m member) bool { return m.Key != one && m.Key != other })
		if diff := cmp.Diff(want, membersBySpans(got, e.Data)); diff != "" && len(want) > 0 {
			t.Fatalf("%s became %s: %s", line, got, diff)
		}
	})
}

func membersBySpans(line []byte, obj airbyte.Span) (all []member) {
	for key, value := range airbyte.Members(line, obj) {
		all = append(all, member{string(airbyte.Unquote(nil, key.Of(line))), string(value.Of(line))})
	}
	return all
}

// FuzzStateEdit: whatever the state, what comes out is the same but for the id,
// the count and the stream's name, and editing it again changes nothing.
func FuzzStateEdit(f *testing.F) {
	f.Add([]byte(`{"type":"STREAM","stream":{"stream_descriptor":{"name":"users","namespace":null},"stream_state":{"a":1}}}`), int64(1), int64(2), true)
	f.Add([]byte(`{"id":7,"sourceStats":{"recordCount":3.0,"x":1},"global":{"stream_states":[]}}`), int64(9), int64(3), false)
	f.Add([]byte(`{"data":{},"sourceStats":null,"id":"x","id":null}`), int64(1), int64(0), false)
	as := newStream(Stream{As: airbyte.Descriptor{Namespace: "n\"s", Name: "näme"}})
	f.Fuzz(func(t *testing.T, body []byte, id, count int64, rename bool) {
		line := slices.Concat([]byte(`{"type":"STATE","state":`), body, []byte(`,"z":1}`))
		var e airbyte.Envelope
		if id < 1 || count < 0 || count > 1<<53 || airbyte.Classify(line, &e) != airbyte.ProtocolLine || !bytes.Equal(e.Body.Of(line), bytes.TrimSpace(body)) {
			return
		}
		st, problem := readState(line, e.Body)
		if problem != "" {
			return
		}
		ed := edit{id: id, count: count}
		if rename && st.kind == airbyte.StreamState {
			ed.as = as
		}
		got := st.apply(nil, line, ed)
		if airbyte.Classify(got, &e) != airbyte.ProtocolLine {
			t.Fatalf("%s became %s: %s", line, got, e.Problem)
		}
		again, problem := readState(got, e.Body)
		if problem != "" || again.kind != st.kind || again.reset != st.reset || again.said == nil || *again.said != count || string(again.id.Of(got)) != string(json.RawMessage(mustJSON(id))) {
			t.Fatalf("%s became %s: %q", line, got, problem)
		}
		if ed.as != nil && again.descriptor != as.As || ed.as == nil && again.descriptor != st.descriptor {
			t.Fatalf("%s became %s: stream %s", line, got, again.descriptor)
		}
		if twice := again.apply(nil, got, ed); !bytes.Equal(twice, got) {
			t.Fatalf("%s became %s and then %s", line, got, twice)
		}
		checkRest(t, line, got, st, again)
	})
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// checkRest compares the members that are not the relay's to change.
func checkRest(t *testing.T, line, got []byte, before, after sourceState) {
	theirs := func(m member) bool { return m.Key == "id" || m.Key == "sourceStats" || m.Key == "stream" }
	want := slices.DeleteFunc(membersBySpans(line, before.body), theirs)
	have := slices.DeleteFunc(membersBySpans(got, after.body), theirs)
	if diff := cmp.Diff(want, have); diff != "" {
		t.Fatalf("%s became %s: %s", line, got, diff)
	}
	if before.stream.Empty() {
		return
	}
	named := func(m member) bool { return m.Key == "stream_descriptor" }
	want = slices.DeleteFunc(membersBySpans(line, before.stream), named)
	have = slices.DeleteFunc(membersBySpans(got, after.stream), named)
	if diff := cmp.Diff(want, have); diff != "" {
		t.Fatalf("%s became %s: %s", line, got, diff)
	}
}

// FuzzEcho: nothing that a destination can return as a state is more than an
// unknown one, and nothing breaks the relay.
func FuzzEcho(f *testing.F) {
	f.Add([]byte(`{"id":1}`))
	f.Add([]byte(`{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"a":[{}]}},"destinationStats":{"recordCount":1e999}}`))
	f.Add([]byte(`{"stream":{"stream_descriptor":{"name":"users"},"stream_state":{"a":1,"b":1e30}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		line := slices.Concat([]byte(`{"type":"STATE","state":`), body, []byte(`}`))
		var e airbyte.Envelope
		if airbyte.Classify(line, &e) != airbyte.ProtocolLine {
			return
		}
		var out bytes.Buffer
		fw := newForwarder(&out, mappedStream(airbyte.Descriptor{Name: "users"}))
		sent := `{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"a":1,"b":1e30}}}`
		if err := fw.block([]byte(`{"type":"STATE","state":` + sent + "}\n")); err != nil {
			t.Fatal(err)
		}
		steps, _ := fw.book.returned(readEcho(line, e.Body), true, true)
		steps = append(steps, fw.book.lastEchoes(true)...)
		for _, s := range steps {
			if string(s.position.State) != sent {
				t.Fatalf("%s made %s a checkpoint", body, s.position.State)
			}
		}
	})
}
