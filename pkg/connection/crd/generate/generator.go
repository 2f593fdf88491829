package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"knative.dev/pkg/apis"

	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/connector"
)

// object is a part of a definition; its keys are written in order.
type object = map[string]any

// generator makes structural schemas of types.
type generator struct{ comments comments }

// fieldName is the name of a field in YAML; "" if it is not there.
func fieldName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "-" {
		return ""
	}
	return name
}

// schema gives the schema of values of a type.
func (g generator) schema(t reflect.Type) object {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	s, special := specials[t]
	if special {
		s = maps.Clone(s)
	} else {
		s = g.plain(t)
	}
	for _, v := range g.comments.values[t.Name()] {
		if t.Kind() == reflect.String && t.PkgPath() != "" {
			words, _ := s["enum"].([]string)
			s["enum"] = append(words, v.text)
		}
	}
	add(s, typeRules[t.Name()])
	return s
}

// specials are types that are not written as Go's reflection shows them.
var specials = map[reflect.Type]object{
	reflect.TypeFor[json.RawMessage]():     {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
	reflect.TypeFor[connection.Duration](): {"type": "string"},
	reflect.TypeFor[connector.Quantity]():  {"x-kubernetes-int-or-string": true, "anyOf": []object{{"type": "integer"}, {"type": "string"}}},
	reflect.TypeFor[metav1.Time]():         {"type": "string", "format": "date-time"},
	reflect.TypeFor[apis.Conditions]():     conditions,
}

func (g generator) plain(t reflect.Type) object {
	switch t.Kind() {
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer", "format": "int64"}
	case reflect.Slice:
		return object{"type": "array", "items": g.schema(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": g.schema(t.Elem())}
	case reflect.Struct:
		return g.structure(t)
	}
	panic(fmt.Sprintf("there is no schema of %s", t)) // a new type of a field; the test makes them all
}

func (g generator) structure(t reflect.Type) object {
	properties, required := object{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		name := fieldName(f)
		if name == "" {
			continue
		}
		owner := ownerOf(t, f)
		s := g.schema(f.Type)
		add(s, fieldRules[owner.Name()+"."+f.Name])
		s["description"] = g.comments.describe(owner, f)
		properties[name] = s
		if _, options, _ := strings.Cut(f.Tag.Get("json"), ","); options == "" {
			required = append(required, name)
		}
	}
	s := object{"type": "object", "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

// ownerOf gives the struct in which a field of t is written: t, or one that is
// embedded.
func ownerOf(t reflect.Type, f reflect.StructField) reflect.Type {
	for _, i := range f.Index[:len(f.Index)-1] {
		t = t.Field(i).Type
	}
	return t
}

// add puts rules into a schema; those of CEL are joined, and what is said of
// items and values goes there.
func add(s, rules object) {
	for key, value := range rules {
		switch key {
		case validations:
			old, _ := s[key].([]object)
			s[key] = append(append([]object{}, old...), value.([]object)...)
		case "items", "additionalProperties":
			add(s[key].(object), value.(object))
		default:
			s[key] = value
		}
	}
}
