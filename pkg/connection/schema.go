package connection

import (
	"bytes"
	"encoding/json"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"knelt.dev/pkg/airbyte"
)

// decodeAny decodes JSON with its numbers as they are written.
func decodeAny(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

// schemaOf gives the JSON Schema of a connector's config, nil without a usable
// one.
func schemaOf(spec *airbyte.ConnectorSpecification) map[string]any {
	if spec == nil {
		return nil
	}
	v, err := decodeAny(spec.ConnectionSpecification)
	if err != nil {
		return nil
	}
	schema, _ := v.(map[string]any)
	return schema
}

// identity tells maps of one decoded document apart.
func identity(m map[string]any) uintptr { return reflect.ValueOf(m).Pointer() }

// pointerTarget finds what a local reference ("#/definitions/x") points to.
func pointerTarget(root any, ref string) (any, bool) {
	fragment, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return nil, false
	}
	fragment, err := url.PathUnescape(fragment)
	if err != nil || fragment != "" && fragment[0] != '/' {
		return nil, false
	}
	at := root
	for _, part := range strings.Split(fragment, "/")[1:] {
		part = strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
		switch v := at.(type) {
		case map[string]any:
			if at, ok = v[part]; !ok {
				return nil, false
			}
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			at = v[i]
		default:
			return nil, false
		}
	}
	return at, true
}

// flatten lists a schema with everything that may apply to the same value:
// what it refers to and all its branches, each once.
func flatten(root, schema any) []map[string]any {
	f := flattening{root: root, seen: map[uintptr]bool{}}
	f.add(schema)
	return f.all
}

type flattening struct {
	root any
	all  []map[string]any
	seen map[uintptr]bool
}

func (f *flattening) add(v any) {
	switch v := v.(type) {
	case []any:
		for _, branch := range v {
			f.add(branch)
		}
	case map[string]any:
		if !f.seen[identity(v)] {
			f.seen[identity(v)] = true
			f.all = append(f.all, v)
			f.addBranches(v)
		}
	}
}

func (f *flattening) addBranches(schema map[string]any) {
	for _, keyword := range []string{"allOf", "anyOf", "oneOf", "if", "then", "else"} {
		f.add(schema[keyword])
	}
	for _, keyword := range []string{"dependencies", "dependentSchemas"} {
		branches, _ := schema[keyword].(map[string]any)
		for _, branch := range branches {
			if _, isSchema := branch.(map[string]any); isSchema {
				f.add(branch)
			}
		}
	}
	if ref, ok := schema["$ref"].(string); ok {
		if target, ok := pointerTarget(f.root, ref); ok {
			f.add(target)
		}
	}
}

// childSchemas lists the schemas of one property of objects.
func childSchemas(schema map[string]any, key string) []any {
	var all []any
	if properties, ok := schema["properties"].(map[string]any); ok {
		if child, ok := properties[key]; ok {
			all = append(all, child)
		}
	}
	return append(all, otherSchemas(schema)...)
}

// otherSchemas lists the schemas of properties that are not named.
func otherSchemas(schema map[string]any) []any {
	all := []any{schema["additionalProperties"]}
	patterns, _ := schema["patternProperties"].(map[string]any)
	for _, child := range patterns {
		all = append(all, child)
	}
	return all
}

// itemSchemas lists the schemas of the elements of arrays.
func itemSchemas(schema map[string]any) []any {
	return []any{schema["items"], schema["additionalItems"], schema["prefixItems"], schema["contains"]}
}
