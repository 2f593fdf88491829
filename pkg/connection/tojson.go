package connection

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"

	"go.yaml.in/yaml/v3"
)

// jsonNumber is the grammar of RFC 8259.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

const quotedStyle = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle

// appendJSON writes a YAML node as JSON: keys in their order, numbers with the
// digits they were written with, dates as strings. What YAML readers disagree
// about (0123, 1_000, +1, .5, 0x1F, .inf) is refused.
func (r *reader) appendJSON(dst []byte, node *yaml.Node, field string, depth int) []byte {
	n := r.enter(node, field, depth)
	if n == nil {
		return append(dst, "null"...)
	}
	switch n.Kind {
	case yaml.MappingNode:
		return r.appendObject(dst, n, field, depth)
	case yaml.SequenceNode:
		return r.appendArray(dst, n, field, depth)
	}
	text, wrong, hint := scalarJSON(n)
	if wrong != "" {
		r.report(node.Line, field, wrong, hint)
	}
	return append(dst, text...)
}

func (r *reader) appendObject(dst []byte, n *yaml.Node, field string, depth int) []byte {
	if tag := n.ShortTag(); tag != "!!map" {
		r.report(n.Line, field, "a mapping with a tag of its own", "remove the tag (!...)")
	}
	dst = append(dst, '{')
	for i, e := range r.entries(n, field, depth) {
		if i > 0 {
			dst = append(dst, ',')
		}
		child := childField(field, e.key)
		r.lines[child] = e.line
		dst = append(append(dst, jsonString(e.key)...), ':')
		dst = r.appendJSON(dst, e.value, child, depth+1)
	}
	return append(dst, '}')
}

func (r *reader) appendArray(dst []byte, n *yaml.Node, field string, depth int) []byte {
	if tag := n.ShortTag(); tag != "!!seq" {
		r.report(n.Line, field, "a list with a tag of its own", "remove the tag (!...)")
	}
	dst = append(dst, '[')
	for i, item := range n.Content {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = r.appendJSON(dst, item, itemField(field, i), depth+1)
	}
	return append(dst, ']')
}

// scalarJSON gives a scalar as JSON, or null with what is wrong and a hint.
func scalarJSON(n *yaml.Node) (text, wrong, hint string) {
	plain := n.Style&(quotedStyle|yaml.TaggedStyle) == 0
	if plain && jsonNumber.MatchString(n.Value) {
		return n.Value, "", ""
	}
	switch tag := n.ShortTag(); tag {
	case "!!null":
		return "null", "", ""
	case "!!str", "!!timestamp":
		return jsonString(n.Value), "", ""
	case "!!bool":
		switch n.Value {
		case "true", "True", "TRUE":
			return "true", "", ""
		case "false", "False", "FALSE":
			return "false", "", ""
		}
		return "null", "tagged !!bool but neither true nor false", "write true or false"
	case "!!int", "!!float":
		if jsonNumber.MatchString(n.Value) {
			return n.Value, "", ""
		}
		return "null", "a number in a notation that JSON does not have", "put it in quotes if it is text (\"0123\"), else write it plainly (1000, 0.5)"
	case "!!binary":
		return "null", "!!binary has no counterpart in JSON", "write the base64 text as a string, without the tag"
	}
	return "null", "a value with a tag of its own", "remove the tag, or put the value in quotes if it starts with !"
}

// jsonString quotes s as JSON, with <, > and & as they are.
func jsonString(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic(fmt.Sprintf("encoding a string: %v", err)) // cannot happen: any string encodes
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}
