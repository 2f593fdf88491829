package main

import (
	"bytes"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

const root = "../../../.."

func TestTheManifestIsThatOfTheTypes(t *testing.T) {
	got, err := manifest(root)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(root + "/config/knative/050-crds.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("config/knative/050-crds.yaml is not what the types say: go generate ./pkg/connection/crd")
	}
}

// walk visits every field below a schema.
func walk(path string, schema object, visit func(path string, schema object)) {
	properties, _ := schema["properties"].(object)
	for name, child := range properties {
		visit(path+"."+name, child.(object))
		walk(path+"."+name, child.(object), visit)
	}
	for _, key := range []string{"items", "additionalProperties"} {
		if child, ok := schema[key].(object); ok {
			walk(path+"[]", child, visit)
		}
	}
}

var (
	sentence   = regexp.MustCompile(`[.)]$`)
	nameOfType = regexp.MustCompile(`\b[a-z]+[A-Z]\w*\.[A-Z]\w*|\b(nil|RawMessage|StreamSelection|ConnectionSpec)\b`)
)

func TestEveryFieldIsExplainedInTheWordsOfItsUsers(t *testing.T) {
	c, err := readComments(root, "pkg/airbyte", "pkg/connector", "pkg/connection", "pkg/store", "pkg/connection/crd")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, k := range kinds {
		walk(k.name, k.schema(generator{comments: c}), func(path string, schema object) {
			n++
			text, _ := schema["description"].(string)
			if strings.HasSuffix(path, ".metadata") {
				return
			}
			if len(text) < 12 || !sentence.MatchString(text) || nameOfType.MatchString(text) {
				t.Errorf("%s: %q", path, text)
			}
		})
	}
	if n < 120 {
		t.Errorf("only %d fields", n)
	}
}

// TestEveryRuleHasItsField: a rule of a field that is not there protects nothing.
func TestEveryRuleHasItsField(t *testing.T) {
	fields, types := map[string]bool{}, map[string]bool{}
	var see func(reflect.Type)
	see = func(t reflect.Type) {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
			t = t.Elem()
		}
		types[t.Name()] = true
		if t.Kind() != reflect.Struct || specials[t] != nil {
			return
		}
		for _, f := range reflect.VisibleFields(t) {
			fields[ownerOf(t, f).Name()+"."+f.Name] = true
			see(f.Type)
		}
	}
	for _, k := range kinds {
		see(k.spec)
		see(k.status)
	}
	for name := range fieldRules {
		if !fields[name] {
			t.Errorf("there is no field %s", name)
		}
	}
	for name := range typeRules {
		if !types[name] {
			t.Errorf("there is no type %s", name)
		}
	}
}
