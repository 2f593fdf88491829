package kit

import (
	"strings"
	"testing"

	"knelt.dev/pkg/airbyte"
)

func TestStateOfEveryKindIsGiven(t *testing.T) {
	a, b := airbyte.Descriptor{Name: "a"}, airbyte.Descriptor{Namespace: "n", Name: "a"}
	const position = `{"stream_descriptor":{"name":"a","namespace":null},"stream_state":{"c":1}}`
	const reset = `{"stream_descriptor":{"name":"a","namespace":"n"},"stream_state":null}`
	for file, kind := range map[string]airbyte.StateKind{
		`[{"type":"STREAM","stream":` + position + `},{"type":"STREAM","stream":` + reset + `}]`:                 airbyte.StreamState,
		`[{"type":"GLOBAL","global":{"shared_state":{"s":1},"stream_states":[` + position + `,` + reset + `]}}]`: airbyte.GlobalState,
	} {
		s, err := ParseState([]byte(file))
		if err != nil {
			t.Fatal(err)
		}
		if s.Kind != kind || string(s.Stream(a)) != `{"c":1}` || s.Stream(b) != nil {
			t.Errorf("%s: %+v", file, s)
		}
		if shared := kind == airbyte.GlobalState; shared != (string(s.Shared) == `{"s":1}`) {
			t.Errorf("%s: shared %s", file, s.Shared)
		}
	}
	s, err := ParseState([]byte(`{"users":1}`))
	if err != nil || s.Kind != airbyte.LegacyState || string(s.Legacy) != `{"users":1}` || s.Stream(a) != nil {
		t.Errorf("%+v %v", s, err)
	}
	if s, err = ParseState([]byte(`{}`)); err != nil || s.Kind != "" {
		t.Errorf("%+v %v", s, err)
	}
}

func TestConfigErrorsNameThePropertyAndNotItsValue(t *testing.T) {
	type nested struct {
		Sizes []int   `json:"sizes"`
		Rate  float64 `json:"rate"`
	}
	type target struct {
		Name string `json:"name"`
		On   bool   `json:"on"`
		Part nested `json:"part"`
	}
	for config, want := range map[string]string{
		`{"name":31337}`:               "name must be a string, not a number",
		`{"on":"31337"}`:               "on must be true or false, not a string",
		`{"part":{"sizes":["31337"]}}`: "part.sizes must be an integer, not a string",
		`{"part":{"sizes":[3.1337]}}`:  "part.sizes must be an integer, not a number",
		`{"part":{"sizes":31337}}`:     "part.sizes must be an array, not a number",
		`{"part":{"rate":true}}`:       "part.rate must be a number, not true or false",
		`{"part":"31337"}`:             "part must be an object, not a string",
	} {
		err := NewConfig([]byte(config)).Into(new(target))
		if err == nil || err.Error() != "config: "+want || classOf(err) != airbyte.ConfigError {
			t.Errorf("%s: got %v, want %s", config, err, want)
		}
	}
	v := target{Name: "default"}
	if err := NewConfig([]byte(`{"unknown":1,"on":true}`)).Into(&v); err != nil || v.Name != "default" || !v.On {
		t.Errorf("%+v %v", v, err)
	}
}

func TestUsageListsTheCommands(t *testing.T) {
	text := usage("source", sourceCommands(failing{}))
	if !strings.Contains(text, "source read --config PATH --catalog PATH [--state PATH]\n") || !strings.Contains(text, "source spec\n") {
		t.Error(text)
	}
}
