// Package apitest holds what a server answers against the OpenAPI document.
package apitest

import (
	"bytes"
	"reflect"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"knelt.dev/pkg/api"
)

var compiler = sync.OnceValues(func() (*jsonschema.Compiler, error) {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(api.OpenAPI))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	return c, c.AddResource("file:///openapi.json", value)
})

var compiling sync.Mutex

// Answer holds the body of an operation's answer against its schema.
func Answer(t testing.TB, o api.Operation, body []byte) {
	t.Helper()
	validate(t, string(o.ID), o.AnswerPointer(), body)
}

// Problem holds the body of an error against its schema.
func Problem(t testing.TB, body []byte) {
	t.Helper()
	validate(t, "the problem", "/components/schemas/Problem", body)
}

// Event holds the data of a server-sent event of an operation against its schema.
func Event(t testing.TB, o api.Operation, name string, data []byte) {
	t.Helper()
	of, ok := o.Stream[name]
	if !ok {
		t.Errorf("%s sends no events %q", o.ID, name)
		return
	}
	validate(t, string(o.ID)+"."+name, "/components/schemas/"+api.SchemaName(reflect.TypeOf(of)), data)
}

func validate(t testing.TB, what, pointer string, text []byte) {
	t.Helper()
	compiling.Lock()
	defer compiling.Unlock()
	c, err := compiler()
	if err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("file:///openapi.json#" + pointer)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Errorf("%s is no JSON: %v: %s", what, err, text)
		return
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%s: %v\n%s", what, err, text)
	}
}
