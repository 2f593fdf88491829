package connection

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"

	"knelt.dev/pkg/connector"
)

var (
	rawType      = reflect.TypeFor[json.RawMessage]()
	durationType = reflect.TypeFor[Duration]()
	quantityType = reflect.TypeFor[connector.Quantity]()
)

// decode fills v from a node by the json tags of its type. What does not fit
// is reported with its place, and v keeps its zero there.
func (r *reader) decode(node *yaml.Node, field string, v reflect.Value, depth int) {
	if v.Type() == rawType {
		v.SetBytes(r.appendJSON(nil, node, field, depth))
		return
	}
	n := r.enter(node, field, depth)
	if n == nil {
		return
	}
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		r.report(r.lines[field], field, "is empty (null)", "give it a value or leave the field out")
		return
	}
	switch {
	case v.Type() == durationType:
		r.decodeDuration(n, field, v)
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		r.decode(n, field, v.Elem(), depth)
	case v.Kind() == reflect.Struct:
		r.decodeStruct(n, field, v, depth)
	case v.Kind() == reflect.Slice:
		r.decodeList(n, field, v, depth)
	case v.Kind() == reflect.Map:
		r.decodeMap(n, field, v, depth)
	default:
		r.decodeScalar(n, field, v)
	}
}

func (r *reader) decodeStruct(n *yaml.Node, field string, v reflect.Value, depth int) {
	if n.Kind != yaml.MappingNode {
		r.wrongType(n, field, "a mapping", "")
		return
	}
	byName := fieldsOf(v.Type())
	for _, e := range r.entries(n, field, depth) {
		child := childField(field, e.key)
		index, known := byName[e.key]
		if !known {
			if !ignoredField(child) {
				r.report(e.line, child, "unknown field", didYouMean(e.key, keys(byName)))
			}
			continue
		}
		r.lines[child] = e.line
		r.decode(e.value, child, v.FieldByIndex(index), depth+1)
	}
}

// met has the fields of types that were read before: thousands of documents have the
// same.
var met sync.Map // of reflect.Type to map[string][]int

func fieldsOf(t reflect.Type) map[string][]int {
	if fields, ok := met.Load(t); ok {
		return fields.(map[string][]int)
	}
	fields := structFields(t)
	met.Store(t, fields)
	return fields
}

// structFields maps the names of a struct's json tags to its fields, those of
// embedded structs among them.
func structFields(t reflect.Type) map[string][]int {
	names := make(map[string][]int, t.NumField())
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			names[name] = f.Index
		}
	}
	return names
}

func keys[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	return names
}

func (r *reader) decodeList(n *yaml.Node, field string, v reflect.Value, depth int) {
	if n.Kind != yaml.SequenceNode {
		r.wrongType(n, field, "a list", listHint(field))
		return
	}
	list := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		r.decode(item, itemField(field, i), list.Index(i), depth+1)
	}
	v.Set(list)
}

// listHint shows how the lists that are most often got wrong are written.
func listHint(field string) string {
	switch {
	case strings.HasSuffix(field, ".cursorField"):
		return "write the path of the field as a list: [updated_at]"
	case strings.Contains(field, ".primaryKey"):
		return "a primary key is a list of paths: [[id]], or [[shop_id], [id]] for two fields"
	case strings.HasSuffix(field, ".command"):
		return "write the program and its arguments as a list: [./bin/source, --flag]"
	}
	return "put it in square brackets, or each item in a line of its own after a dash"
}

func (r *reader) decodeMap(n *yaml.Node, field string, v reflect.Value, depth int) {
	if n.Kind != yaml.MappingNode {
		r.wrongType(n, field, "a mapping of strings", "write it as NAME: value")
		return
	}
	m := reflect.MakeMap(v.Type())
	for _, e := range r.entries(n, field, depth) {
		child := childField(field, e.key)
		r.lines[child] = e.line
		value := reflect.New(v.Type().Elem()).Elem()
		r.decode(e.value, child, value, depth+1)
		m.SetMapIndex(reflect.ValueOf(e.key), value)
	}
	v.Set(m)
}

func (r *reader) decodeScalar(n *yaml.Node, field string, v reflect.Value) {
	var text string
	if n.Kind == yaml.ScalarNode {
		var wrong, hint string
		if text, wrong, hint = scalarJSON(n); wrong != "" {
			r.report(r.lines[field], field, wrong, hint)
			return
		}
	}
	switch isString := strings.HasPrefix(text, `"`); v.Kind() {
	case reflect.String:
		number := text != "" && strings.ContainsAny(text[:1], "-.0123456789")
		if !isString && (!number || v.Type() != quantityType) {
			r.wrongType(n, field, "a string", scalarHint(n, "put it in quotes"))
			return
		}
		v.SetString(n.Value)
	case reflect.Bool:
		if text != "true" && text != "false" {
			r.wrongType(n, field, "true or false", scalarHint(n, "write true or false, without quotes"))
			return
		}
		v.SetBool(text == "true")
	case reflect.Int:
		number, err := strconv.ParseInt(text, 10, 0)
		if err != nil {
			r.wrongType(n, field, "a whole number", scalarHint(n, "write digits only, without quotes"))
			return
		}
		v.SetInt(number)
	default:
		panic(fmt.Sprintf("connection: no decoding for %s at %s", v.Type(), field)) // a new type in types.go; the tests decode every field
	}
}

func (r *reader) decodeDuration(n *yaml.Node, field string, v reflect.Value) {
	const hint = `write it with its unit: "90s", "15m", "2h"`
	if n.Kind != yaml.ScalarNode {
		r.wrongType(n, field, "a duration", hint)
		return
	}
	d, err := time.ParseDuration(n.Value)
	if err != nil {
		r.report(r.lines[field], field, fmt.Sprintf("%s is no duration", excerpt(n.Value)), hint)
		return
	}
	v.SetInt(int64(d))
}

func (r *reader) wrongType(n *yaml.Node, field, want, hint string) {
	r.report(r.lines[field], field, "must be "+want+", is "+describe(n), hint)
}

func scalarHint(n *yaml.Node, hint string) string {
	if n.Kind != yaml.ScalarNode {
		return ""
	}
	return hint
}

// excerpt quotes what a user wrote where no secret can be, cut to a line.
func excerpt(s string) string {
	const longest = 60
	if runes := []rune(s); len(runes) > longest {
		s = string(runes[:longest]) + "..."
	}
	return strconv.Quote(s)
}
