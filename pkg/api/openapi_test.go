package api

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "write the OpenAPI document and the goldens")

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got; go test ./pkg/api -update writes it anew):\n%s", file, diff)
	}
}

func TestTheOpenAPIDocumentIsThatOfTheOperations(t *testing.T) {
	text, err := json.MarshalIndent(document(newSchemas(t)), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "openapi.json", append(text, '\n'))
	golden(t, "../../docs/openapi.json", append(text, '\n')) // for readers
}

func TestEverySampleFitsItsSchema(t *testing.T) {
	doc := compile(t)
	for _, o := range Operations {
		if o.Answer == nil && o.Stream == nil {
			t.Errorf("%s has no answer", o.ID)
		}
		if o.Stream == nil {
			text := sample(t, o.Answer)
			golden(t, "testdata/"+string(o.ID)+".json", text)
			doc.validate(t, string(o.ID), o.AnswerPointer(), text)
		}
		for _, name := range slices.Sorted(maps.Keys(o.Stream)) {
			text := sample(t, o.Stream[name])
			golden(t, "testdata/"+string(o.ID)+"."+name+".json", text)
			doc.validate(t, string(o.ID)+"."+name, "/components/schemas/"+SchemaName(reflect.TypeOf(o.Stream[name])), text)
		}
		if o.Body != nil {
			text := sample(t, o.Body)
			golden(t, "testdata/"+string(o.ID)+".request.json", text)
			doc.validate(t, string(o.ID)+" request", "/components/schemas/"+SchemaName(reflect.TypeOf(o.Body)), text)
		}
	}
}

func TestASchemaRefusesWhatIsNoAnswer(t *testing.T) {
	doc := compile(t)
	for pointer, text := range map[string]string{
		Of(GetConnection).AnswerPointer():   `{"name":"a"}`,
		Of(ListConnections).AnswerPointer(): `{"items":null}`,
		Of(GetSync).AnswerPointer():         `{"id":1,"status":"done","kind":"sync","attemptCount":0,"records":0,"bytes":0,"attempts":[]}`,
		"/components/schemas/SyncWish":      `{"kind":"sync","refreshed":[]}`,
	} {
		if err := doc.check(t, pointer, []byte(text)); err == nil {
			t.Errorf("%s takes %s", pointer, text)
		}
	}
}

// TestOperationsAreSound holds the table to what the document cannot say.
func TestOperationsAreSound(t *testing.T) {
	seen := map[string]bool{}
	for _, o := range Operations {
		for _, key := range []string{string(o.ID), o.Method + " " + o.Path} {
			if seen[key] {
				t.Errorf("%s is there twice", key)
			}
			seen[key] = true
		}
		if o.Method != http.MethodGet && o.Scope == Read || o.Method == http.MethodGet && o.Scope.Allows(Run) {
			t.Errorf("%s %s needs the scope %q", o.Method, o.Path, o.Scope)
		}
	}
}

func TestScopesIncludeThoseBeforeThem(t *testing.T) {
	for i, has := range Scopes {
		for j, needs := range Scopes {
			if has.Allows(needs) != (i >= j) {
				t.Errorf("%s allows %s: %v", has, needs, has.Allows(needs))
			}
		}
	}
	if Scope("root").Allows(Read) || None.Allows(Read) || !None.Allows(None) {
		t.Error("an unknown scope is one, or nothing is asked for in vain")
	}
}

// compiled is the document, ready to judge JSON by pointers into it.
type compiled struct{ compiler *jsonschema.Compiler }

func compile(t *testing.T) compiled {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(OpenAPI))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	if err := c.AddResource("file:///openapi.json", value); err != nil {
		t.Fatal(err)
	}
	return compiled{c}
}

func (d compiled) check(t *testing.T, pointer string, text []byte) error {
	t.Helper()
	schema, err := d.compiler.Compile("file:///openapi.json#" + pointer)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return schema.Validate(value)
}

func (d compiled) validate(t *testing.T, what, pointer string, text []byte) {
	t.Helper()
	if err := d.check(t, pointer, text); err != nil {
		t.Errorf("%s: %v\n%s", what, err, text)
	}
}

var parameters = regexp.MustCompile(`\{([a-z]+)\}`)

// document makes the whole OpenAPI document.
func document(s *schemas) object {
	paths := object{}
	for _, o := range Operations {
		at := Base + o.Path
		if paths[at] == nil {
			paths[at] = object{}
		}
		paths[at].(object)[strings.ToLower(o.Method)] = operation(s, o)
	}
	s.of(reflect.TypeFor[Problem]())
	return object{
		"openapi": "3.1.0",
		"info": object{
			"title": "Knelt", "version": "v1", "license": object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
			"description": "Connections, their syncs, and what became of every row. Errors are problem documents (RFC 9457); docs/http.md has the causes.",
		},
		"paths":    paths,
		"security": []object{{"token": []string{}}, {"tokenBehindProxy": []string{}}},
		"components": object{
			"schemas": s.made,
			"securitySchemes": object{
				"token": object{
					"type": "http", "scheme": "bearer",
					"description": "A token of knelt token new. x-scope of an operation is what it needs: read, run (includes read) or admin (includes run).",
				},
				"tokenBehindProxy": object{
					"type": "apiKey", "in": "header", "name": TokenHeader,
					"description": "The same, as Bearer TOKEN, where a proxy keeps Authorization for itself. It counts more than Authorization.",
				},
			},
		},
	}
}

func operation(s *schemas, o Operation) object {
	made := object{
		"operationId": o.ID, "summary": o.Summary,
		"responses": object{
			strconv.Itoa(o.Status): success(s, o),
			"default": object{
				"description": "It was not done.",
				"content":     object{"application/problem+json": object{"schema": s.of(reflect.TypeFor[Problem]())}},
			},
		},
	}
	if o.Scope == None {
		made["security"] = []object{}
	} else {
		made["x-scope"] = o.Scope
	}
	if list := queryAndPath(o); len(list) > 0 {
		made["parameters"] = list
	}
	if o.Body != nil {
		made["requestBody"] = object{
			"required": !o.Optional,
			"content":  object{"application/json": object{"schema": s.of(reflect.TypeOf(o.Body))}},
		}
	}
	return made
}

func success(s *schemas, o Operation) object {
	if o.Stream == nil {
		return object{"description": "Done.", "content": object{"application/json": object{"schema": s.of(reflect.TypeOf(o.Answer))}}}
	}
	events := object{}
	for name, data := range o.Stream {
		events[name] = s.of(reflect.TypeOf(data))
	}
	return object{
		"description": "Server-sent events; x-events has the data of each by its name.",
		"content":     object{"text/event-stream": object{"schema": object{"type": "string"}, "x-events": events}},
	}
}

func queryAndPath(o Operation) []object {
	var all []object
	for _, m := range parameters.FindAllStringSubmatch(o.Path, -1) {
		schema := object{"type": "string"}
		if m[1] == "id" {
			schema = object{"type": "integer", "minimum": 1}
		}
		all = append(all, object{"name": m[1], "in": "path", "required": true, "schema": schema})
	}
	for _, p := range o.Query {
		schema := object{"type": p.Type}
		if p.Type == "date-time" {
			schema = object{"type": "string", "format": "date-time"}
		}
		if p.Enum != nil {
			schema["enum"] = p.Enum
		}
		all = append(all, object{"name": p.Name, "in": "query", "description": p.Description, "schema": schema})
	}
	if o.Once {
		all = append(all, object{
			"name": "Idempotency-Key", "in": "header", "schema": object{"type": "string", "maxLength": 255},
			"description": "The same key with the same request gets the answer of the first one again, for 24 hours.",
		})
	}
	return all
}
