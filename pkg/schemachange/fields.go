package schemachange

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// deepest bounds nesting: what is below is not compared.
const deepest = 20

// compareFields tells how the fields of two JSON Schemas differ. That a field may
// be null, or must be there, is no difference: sources are careless with both.
func compareFields(before, after json.RawMessage) []Field {
	c := comparison{}
	c.properties(nil, decode(before), decode(after))
	slices.SortFunc(c.fields, func(a, b Field) int {
		return cmp.Or(slices.Compare(a.Path, b.Path), cmp.Compare(a.Change, b.Change))
	})
	return c.fields
}

// decode gives a schema; of one that is none, an empty one.
func decode(raw json.RawMessage) map[string]any {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil
	}
	schema, _ := v.(map[string]any)
	return schema
}

type comparison struct{ fields []Field }

func (c *comparison) properties(path []string, before, after map[string]any) {
	old, now := object(before["properties"]), object(after["properties"])
	for name, was := range old {
		at := append(slices.Clip(path), name)
		is, there := now[name]
		if !there {
			c.fields = append(c.fields, Field{Path: at, Change: Removed, From: typeText(was)})
			continue
		}
		c.value(at, was, is)
	}
	for name, is := range now {
		if _, known := old[name]; !known {
			c.fields = append(c.fields, Field{Path: append(slices.Clip(path), name), Change: Added, To: typeText(is)})
		}
	}
}

// value compares two schemas of one field: their own types, then what is inside.
func (c *comparison) value(path []string, before, after any) {
	from, to := typeText(before), typeText(after)
	if from != to {
		c.fields = append(c.fields, Field{Path: path, Change: Changed, From: from, To: to})
		return
	}
	old, now := object(before), object(after)
	if len(path) > deepest {
		return
	}
	c.properties(path, old, now)
	if items, both := object(old["items"]), object(now["items"]); items != nil && both != nil {
		c.value(append(slices.Clip(path), "[]"), items, both)
	}
}

func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// typeText gives a schema's own type in words, without null: "string",
// "integer or string", "string (date-time)", "string (timestamp_with_timezone)".
// What has alternatives is named by them.
func typeText(v any) string {
	schema := object(v)
	text := strings.Join(types(schema), " or ")
	for _, keyword := range []string{"oneOf", "anyOf", "allOf"} {
		if list, ok := schema[keyword].([]any); ok {
			text = joined(text, alternatives(list))
		}
	}
	if ref, ok := schema["$ref"].(string); ok {
		text = joined(text, ref)
	}
	if text == "" && schema["properties"] != nil {
		text = "object"
	}
	if text == "" {
		text = "anything"
	}
	if more := particular(schema); more != "" {
		text += " (" + more + ")"
	}
	return text
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + ", " + b
}

func types(schema map[string]any) []string {
	var all []string
	switch t := schema["type"].(type) {
	case string:
		all = []string{t}
	case []any:
		for _, one := range t {
			if word, ok := one.(string); ok {
				all = append(all, word)
			}
		}
	}
	all = slices.DeleteFunc(all, func(t string) bool { return t == "null" })
	slices.Sort(all)
	return slices.Compact(all)
}

// alternatives gives the types of branches, each once, without those that are only
// null.
func alternatives(list []any) string {
	seen := map[string]bool{}
	for _, branch := range list {
		schema := object(branch)
		if t, ok := schema["type"].(string); ok && t == "null" {
			continue
		}
		text := typeText(branch)
		if inside := object(schema["properties"]); inside != nil {
			text += " of " + strings.Join(slices.Sorted(maps.Keys(inside)), ", ")
		}
		seen[text] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(seen)), " or ")
}

// particular is what Airbyte and JSON Schema say of a type beside its name. What
// Airbyte says counts more: it is the type of the column.
func particular(schema map[string]any) string {
	if t, ok := schema["airbyte_type"].(string); ok {
		return t
	}
	format, _ := schema["format"].(string)
	return format
}
