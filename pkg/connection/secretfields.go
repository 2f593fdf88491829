package connection

import (
	"encoding/json"
	"slices"

	"knelt.dev/pkg/airbyte"
)

// SecretPaths lists the fields of a connector's config that its spec marks
// with airbyte_secret: true, such as credentials.api_key, keys[*] and
// headers.* (any element, any name), in order. It is for showing: where a schema
// contains itself, only the first round is listed, and no more than the first
// 10,000 places are visited. What is hidden does not depend on it.
func SecretPaths(spec *airbyte.ConnectorSpecification) []string {
	root := schemaOf(spec)
	found := map[string]bool{}
	open := map[uintptr]bool{}
	visits := 0
	var visit func(schema any, field string)
	visit = func(schema any, field string) {
		for _, s := range flatten(root, schema) {
			if isSecret(s) {
				found[field] = true
			}
			if visits++; open[identity(s)] || visits > 10_000 {
				continue
			}
			open[identity(s)] = true
			properties, _ := s["properties"].(map[string]any)
			for name, child := range properties {
				visit(child, childField(field, name))
			}
			for _, child := range otherSchemas(s) {
				visit(child, field+".*")
			}
			for _, child := range itemSchemas(s) {
				visit(child, field+"[*]")
			}
			delete(open, identity(s))
		}
	}
	visit(root, "")
	return slices.Sorted(slices.Values(keys(found)))
}

func isSecret(schema map[string]any) bool {
	return schema["airbyte_secret"] == true || schema["airbyte_secret"] == "true"
}

// SecretValues lists the values that a config has where the connector's spec
// says airbyte_secret: true, in whichever branch; everything below a secret
// object or list is secret too. Booleans and null are no secrets.
func SecretValues(spec *airbyte.ConnectorSpecification, config json.RawMessage) []string {
	return ValuesAt(config, SecretFields(spec, config))
}

// SecretFields lists the fields where SecretValues finds them, such as keys[1],
// in order. That they are secret is none: they can be kept where there is no spec.
func SecretFields(spec *airbyte.ConnectorSpecification, config json.RawMessage) []string {
	if !json.Valid(config) {
		return nil
	}
	return slices.Sorted(slices.Values(keys(secretFields(spec, config))))
}

// ValuesAt lists the values that a config has at such fields.
func ValuesAt(config json.RawMessage, fields []string) []string {
	if !json.Valid(config) {
		return nil
	}
	secret := map[string]bool{}
	for _, f := range fields {
		secret[f] = true
	}
	var values []string
	walkJSON(config, "", func(leaf jsonLeaf) {
		if !secret[leaf.field] {
			return
		}
		if text, isString := leaf.text(); isString && !onlyReference(text) {
			values = append(values, text)
		} else if !isString && isNumber(leaf.raw) {
			values = append(values, string(leaf.raw))
		}
	})
	return values
}

// RedactConfig gives a config for showing: *** in place of every value at a
// field that the spec marks as a secret. A string that is nothing but a
// reference is shown, since it says where the secret is and not what it is.
// What is no valid JSON is hidden whole.
func RedactConfig(spec *airbyte.ConnectorSpecification, config json.RawMessage) json.RawMessage {
	if !json.Valid(config) {
		return json.RawMessage(`"***"`)
	}
	secret := secretFields(spec, config)
	var out json.RawMessage
	at := 0
	walkJSON(config, "", func(leaf jsonLeaf) {
		if text, isString := leaf.text(); !secret[leaf.field] || isString && onlyReference(text) || string(leaf.raw) == "null" {
			return
		}
		out = append(append(out, config[at:leaf.start]...), `"***"`...)
		at = leaf.end
	})
	return append(out, config[at:]...)
}

func isNumber(raw []byte) bool { return raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9' }

// onlyReference tells whether text is one reference and nothing else.
func onlyReference(text string) bool {
	pieces, err := parseReferences(text)
	return err == nil && len(pieces) == 1 && pieces[0].reference != nil
}

// secretFields is the set of scalar fields of a config that are secret.
func secretFields(spec *airbyte.ConnectorSpecification, config json.RawMessage) map[string]bool {
	root := schemaOf(spec)
	value, err := decodeAny(config)
	if root == nil || err != nil {
		return nil
	}
	f := secretFinder{root: root, found: map[string]bool{}}
	f.visit(value, "", []any{root}, false)
	return f.found
}

type secretFinder struct {
	root  map[string]any
	found map[string]bool
}

// visit walks a value beside all schemas that may apply to it.
func (f secretFinder) visit(value any, field string, schemas []any, secret bool) {
	applying := flatten(f.root, schemas)
	secret = secret || slices.ContainsFunc(applying, isSecret)
	switch v := value.(type) {
	case map[string]any:
		for name, child := range v {
			var below []any
			for _, s := range applying {
				below = append(below, childSchemas(s, name)...)
			}
			f.visit(child, childField(field, name), below, secret)
		}
	case []any:
		var below []any
		for _, s := range applying {
			below = append(below, itemSchemas(s)...)
		}
		for i, child := range v {
			f.visit(child, itemField(field, i), below, secret)
		}
	default:
		if secret {
			f.found[field] = true
		}
	}
}
