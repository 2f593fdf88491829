package rules

import (
	"encoding/json"
	"strings"
	"testing"

	"knelt.dev/pkg/airbyte"
)

var cut = []airbyte.Descriptor{{Name: "a"}, {Namespace: "n", Name: "b"}}

func TestACutKeepsEveryOtherByte(t *testing.T) {
	for name, c := range map[string]struct{ state, want string }{
		"absent streams": {
			`{"global" : {"stream_states": [ {"stream_descriptor":{"name":"x"}} ] }}`,
			`{"global" : {"stream_states": [ {"stream_descriptor":{"name":"x"}} ] }}`,
		},
		"all streams": {
			`{"global":{"stream_states":[{"stream_descriptor":{"name":"a"}},{"stream_descriptor":{"namespace":"n","name":"b"}}],"shared_state":1e400}}`,
			`{"global":{"stream_states":[],"shared_state":1e400}}`,
		},
		"no namespace is an empty one": {
			`{"global":{"stream_states":[{"stream_descriptor":{"name":"a","namespace":null}},{"stream_descriptor":{"namespace":"","name":"a"}},{"stream_descriptor":{"name":"b"}}]}}`,
			`{"global":{"stream_states":[{"stream_descriptor":{"name":"b"}}]}}`,
		},
		"escapes in keys and names": {
			`{"gl\u006fbal":{"stream_states":[{"stream_descriptor":{"n\u0061me":"\u0061"},"x":"ä\u00e4"}]}}`,
			`{"gl\u006fbal":{"stream_states":[]}}`,
		},
		"keys of another case are others": {
			`{"Global":{"stream_states":[{"stream_descriptor":{"name":"a"}}]}}`,
			`{"Global":{"stream_states":[{"stream_descriptor":{"name":"a"}}]}}`,
		},
		"the same names elsewhere": {
			`{"data":{"global":{"stream_states":[{"stream_descriptor":{"name":"a"}}]}},"global":{"shared_state":{"stream_states":[{"stream_descriptor":{"name":"a"}}]},"stream_states":[]}}`,
			`{"data":{"global":{"stream_states":[{"stream_descriptor":{"name":"a"}}]}},"global":{"shared_state":{"stream_states":[{"stream_descriptor":{"name":"a"}}]},"stream_states":[]}}`,
		},
		"no list":   {`{"global":{"stream_states":null}}`, `{"global":{"stream_states":null}}`},
		"no global": {` { "type" : "GLOBAL" } `, ` { "type" : "GLOBAL" } `},
	} {
		got, err := CutStreams([]byte(c.state), cut)
		if err != nil || string(got) != c.want {
			t.Errorf("%s:\n%s (error %v)\nwant\n%s", name, got, err, c.want)
		}
	}
}

func TestAStateThatCannotBeCutIsAnErrorWithoutItsText(t *testing.T) {
	for _, state := range []string{
		`"hunter2"`, `["hunter2"]`, `{"global":"hunter2"}`, `{"global":{"stream_states":"hunter2"}}`,
		`{"global":{"stream_states":["hunter2"]}}`, `{"global":{"stream_states":[{"x":"hunter2"}]}}`,
		`{"global":{"stream_states":[{"stream_descriptor":{"name":7,"x":"hunter2"}}]}}`, `{"global":{"hunter2`, ``,
	} {
		got, err := CutStreams([]byte(state), cut)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %s, error %v, want one without the state's text", state, got, err)
		}
	}
}

// FuzzCut looks for a valid state that a cut makes invalid, or that a second cut
// of the same streams still changes.
func FuzzCut(f *testing.F) {
	f.Add(`{"global":{"stream_states":[{"stream_descriptor":{"name":"a"}},{"stream_descriptor":{"name":"x"}}]}}`)
	f.Add(`{"global":{"stream_states":[]},"global":{"stream_states":[{"stream_descriptor":{"name":"a"}}]}}`)
	f.Fuzz(func(t *testing.T, state string) {
		if !json.Valid([]byte(state)) {
			t.Skip("only valid JSON is stored")
		}
		once, err := CutStreams([]byte(state), cut)
		if err != nil {
			return
		}
		twice, err := CutStreams(once, cut)
		if err != nil || !json.Valid(once) || string(once) != string(twice) {
			t.Errorf("%s\nbecame\n%s\nand then\n%s (error %v)", state, once, twice, err)
		}
	})
}
