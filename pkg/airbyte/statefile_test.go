package airbyte_test

import (
	"encoding/json"
	"strings"
	"testing"

	"knelt.dev/pkg/airbyte"
)

const (
	streamA = `{"type":"STREAM", "stream":{"stream_descriptor":{"name":"a"},"stream_state":{"n":12345678901234567890}},"vendor":1.0}`
	streamB = `{"stream":{"stream_descriptor":{"name":"a","namespace":"x"},"stream_state":null},"type":"STREAM"}`
	global  = `{"type":"GLOBAL","global":{"shared_state":{},"stream_states":[]}}`
	legacy  = `{"data":{ "a":1e5 }}`
)

func raws(texts ...string) []json.RawMessage {
	var list []json.RawMessage
	for _, text := range texts {
		list = append(list, json.RawMessage(text))
	}
	return list
}

func TestStateFileKeepsTheSourcesBytes(t *testing.T) {
	for _, c := range []struct {
		kind      airbyte.StateKind
		positions []json.RawMessage
		want      string
	}{
		{airbyte.StreamState, raws(streamA, streamB), "[" + streamA + "," + streamB + "]"},
		{airbyte.StreamState, nil, "[]"},
		{airbyte.StreamState, raws(strings.ReplaceAll(streamB, ",", ",\n")), "[" + streamB + "]"},
		{airbyte.GlobalState, raws(global), "[" + global + "]"},
		{airbyte.LegacyState, raws(legacy), `{ "a":1e5 }`},
	} {
		got, err := airbyte.StateFile(c.positions, c.kind)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %v\n got %s\nwant %s", c.kind, err, got, c.want)
		}
	}
}

func TestStateFileRefusesWhatNoSourceCouldRead(t *testing.T) {
	for name, c := range map[string]struct {
		kind      airbyte.StateKind
		positions []json.RawMessage
		want      string
	}{
		"mixed":       {airbyte.StreamState, raws(streamA, global), "[1].type: is GLOBAL, want STREAM"},
		"two globals": {airbyte.GlobalState, raws(global, global), "2 states of kind GLOBAL"},
		"no legacy":   {airbyte.LegacyState, nil, "0 states of kind LEGACY"},
		"empty":       {airbyte.LegacyState, raws(`{}`), "[0].data: missing"},
		"no stream":   {airbyte.StreamState, raws(`{"type":"STREAM"}`), "[0].stream: missing"},
		"broken":      {airbyte.StreamState, raws(`{"type":`), "[0]: not valid JSON"},
		"no kind":     {"", raws(streamA), "no kind of state"},
	} {
		_, err := airbyte.StateFile(c.positions, c.kind)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

func TestEveryFormOfAStateFileIsRead(t *testing.T) {
	for _, c := range []struct {
		file string
		kind airbyte.StateKind
		want []json.RawMessage
	}{
		{"{}", "", nil},
		{" [ ]\n", "", nil},
		{"null", "", nil},
		{"[" + streamA + ",\n" + streamB + "]", airbyte.StreamState, raws(streamA, streamB)},
		{" " + streamA + "\n", airbyte.StreamState, raws(streamA)},
		{`{"type":"STATE","state":` + streamA + `}`, airbyte.StreamState, raws(streamA)},
		{`[{"state":` + streamA + `,"type":"STATE"}]`, airbyte.StreamState, raws(streamA)},
		{global, airbyte.GlobalState, raws(global)},
		{legacy, airbyte.LegacyState, raws(legacy)},
		{`{"users":{"cursor":1},"type":"mine"}`, airbyte.LegacyState, raws(`{"type":"LEGACY","data":{"users":{"cursor":1},"type":"mine"}}`)},
		{`{"state":{"cursor":1}}`, airbyte.LegacyState, raws(`{"type":"LEGACY","data":{"state":{"cursor":1}}}`)},
	} {
		positions, kind, err := airbyte.ParseStateFile([]byte(c.file))
		if err != nil || kind != c.kind || len(positions) != len(c.want) {
			t.Errorf("%s: %s %s %v", c.file, kind, positions, err)
			continue
		}
		for i, position := range positions {
			if string(position) != string(c.want[i]) {
				t.Errorf("%s\n got %s\nwant %s", c.file, position, c.want[i])
			}
		}
	}
}

func TestBadStateFilesAreRefused(t *testing.T) {
	for file, want := range map[string]string{
		``: "not valid JSON", `7`: "must be a JSON array or object", `[1]`: "[0]: must be a JSON object",
		`[` + streamA + `,` + global + `]`:  "[1]: kinds of state are never mixed",
		`[` + global + `,` + global + `]`:   "[1]: kinds of state are never mixed",
		`[` + streamA + `,` + streamA + `]`: "[1]: stream a: given twice",
		`{"type":"STREAM","stream":{}}`:     "stream.stream_descriptor: missing",
		`[{"cursor":1}]`:                    "[0].data: missing",
	} {
		if _, _, err := airbyte.ParseStateFile([]byte(file)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", file, err, want)
		}
	}
}

func TestLegacyCopyIsCutFromAStreamStateAndNothingElse(t *testing.T) {
	const stream = `"stream":{"stream_descriptor":{"name":"a"},"stream_state":{"data":1}}`
	for _, c := range [][2]string{
		{`{"data":{"x":{}}, "type":"STREAM",` + stream + `}`, `{"type":"STREAM",` + stream + `}`},
		{`{"type":"STREAM" , "data" : {"x":"}"} , ` + stream + ` }`, `{"type":"STREAM" , ` + stream + ` }`},
		{`{ "type":"STREAM",` + stream + `, "data":null }`, `{ "type":"STREAM",` + stream + ` }`},
		{`{"type":"STREAM",` + stream + `,"d\u0061ta":{}}`, `{"type":"STREAM",` + stream + `}`},
		{`{"type":"STREAM",` + stream + `,"Data":1}`, `{"type":"STREAM",` + stream + `,"Data":1}`},
		{`{"type":"LEGACY","data":{}}`, `{"type":"LEGACY","data":{}}`},
		{`{"data":{}}`, `{"data":{}}`},
		{global, global},
	} {
		got, err := airbyte.PersistedState([]byte(c[0]))
		if err != nil || string(got) != c[1] {
			t.Errorf("%v\n from %s\n  got %s\n want %s", err, c[0], got, c[1])
		}
	}
	if _, err := airbyte.PersistedState([]byte(`{"type":"STREAM"`)); err == nil {
		t.Error("a broken state was let through")
	}
}
