package connection

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// sanitizer makes a connector's schema one that a strict compiler takes:
// whatever is malformed in it is left out with a warning, since a sloppy spec is
// no reason not to sync. Keywords beyond draft-07 stay; nobody reads them.
type sanitizer struct {
	root     map[string]any
	seen     map[uintptr]bool
	warnings []Problem
}

// sanitize mends root in place.
func sanitize(root map[string]any) []Problem {
	s := &sanitizer{root: root, seen: map[uintptr]bool{}}
	s.schema(root, "")
	return s.warnings
}

// drop removes a keyword and says so.
func (s *sanitizer) drop(schema map[string]any, at, keyword, why string) {
	delete(schema, keyword)
	s.warnings = append(s.warnings, Problem{
		Message: fmt.Sprintf("the connector's spec is malformed at %s/%s: %s", at, pointerToken(keyword), why),
		Hint:    "that rule is not checked",
	})
}

func (s *sanitizer) schema(v any, at string) bool {
	schema, isMap := v.(map[string]any)
	if !isMap {
		_, isBool := v.(bool)
		return isBool
	}
	if s.seen[identity(schema)] {
		return true
	}
	s.seen[identity(schema)] = true
	for _, keyword := range slices.Sorted(maps.Keys(schema)) {
		s.keyword(schema, at, keyword)
	}
	return true
}

// keyword checks one keyword of draft-07 and what is below it.
func (s *sanitizer) keyword(schema map[string]any, at, keyword string) {
	value := schema[keyword]
	below := at + "/" + pointerToken(keyword)
	switch keyword {
	case "$schema", "$id", "id", "$comment", "title", "description", "default", "readOnly", "writeOnly", "contentEncoding", "contentMediaType":
		delete(schema, keyword) // says nothing about the config, and is often malformed
	case "examples":
		if _, ok := value.([]any); !ok {
			delete(schema, keyword)
		}
	case "$ref":
		s.reference(schema, at, value)
	case "properties", "patternProperties", "definitions", "$defs":
		s.named(schema, at, keyword)
	case "dependencies":
		s.dependencies(schema, at)
	case "additionalItems", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else":
		if !s.schema(value, below) {
			s.drop(schema, at, keyword, "is no schema")
		}
	case "items":
		if list, ok := value.([]any); ok {
			s.branches(schema, at, keyword, list)
		} else if !s.schema(value, below) {
			s.drop(schema, at, keyword, "is no schema")
		}
	case "allOf", "anyOf", "oneOf":
		list, _ := value.([]any)
		s.branches(schema, at, keyword, list)
	default:
		if why := malformed(keyword, value); why != "" {
			s.drop(schema, at, keyword, why)
		}
	}
}

func (s *sanitizer) reference(schema map[string]any, at string, value any) {
	ref, _ := value.(string)
	target, ok := pointerTarget(s.root, ref)
	if !ok || !s.schema(target, strings.TrimPrefix(ref, "#")) {
		s.drop(schema, at, "$ref", "refers to nothing in this spec")
	}
}

func (s *sanitizer) branches(schema map[string]any, at, keyword string, list []any) {
	if len(list) == 0 {
		s.drop(schema, at, keyword, "is no list of schemas")
		return
	}
	for i, branch := range list {
		if !s.schema(branch, fmt.Sprintf("%s/%s/%d", at, keyword, i)) {
			s.drop(schema, at, keyword, "holds something that is no schema")
			return
		}
	}
}

func (s *sanitizer) named(schema map[string]any, at, keyword string) {
	children, ok := schema[keyword].(map[string]any)
	if !ok {
		s.drop(schema, at, keyword, "is no object")
		return
	}
	below := at + "/" + keyword
	for _, name := range slices.Sorted(maps.Keys(children)) {
		if keyword == "patternProperties" && malformed("pattern", name) != "" {
			s.drop(children, below, name, "is no regular expression")
		} else if !s.schema(children[name], below+"/"+pointerToken(name)) {
			s.drop(children, below, name, "is no schema")
		}
	}
}

func (s *sanitizer) dependencies(schema map[string]any, at string) {
	children, ok := schema["dependencies"].(map[string]any)
	if !ok {
		s.drop(schema, at, "dependencies", "is no object")
		return
	}
	below := at + "/dependencies"
	for _, name := range slices.Sorted(maps.Keys(children)) {
		if malformed("required", children[name]) != "" && !s.schema(children[name], below+"/"+pointerToken(name)) {
			s.drop(children, below, name, "is neither a schema nor a list of names")
		}
	}
}

func distinctStrings(list []any, valid func(string) bool) bool {
	seen := map[string]bool{}
	for _, v := range list {
		text, ok := v.(string)
		if !ok || seen[text] || !valid(text) {
			return false
		}
		seen[text] = true
	}
	return true
}

func positive(number json.Number) bool {
	f, err := number.Float64()
	return err == nil && f > 0
}

// absurd tells whether an exact number would fill the memory: 1e999999999.
func absurd(number string) bool {
	_, exponent, has := strings.Cut(strings.ToLower(number), "e")
	if !has {
		return false
	}
	n, err := strconv.Atoi(exponent)
	return err != nil || n > 1000 || n < -1000
}

func pointerToken(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "~", "~0"), "/", "~1")
}
