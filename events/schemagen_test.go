package events

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/airbyte"
)

// object is a JSON object whose keys are written sorted.
type object = map[string]any

// generator makes JSON Schemas of Go types: properties by their json tags, what
// is required by the absence of omitempty and omitzero, descriptions from the
// doc comments, limits from the schema tags.
type generator struct {
	comments map[string]string
	// closed tells that unknown fields are refused.
	closed bool
}

func generate(t *testing.T, eventType string) []byte {
	t.Helper()
	p := payloads[eventType]()
	g := generator{comments: readComments(t), closed: strings.HasSuffix(eventType, ".requested")}
	schema := g.structure(reflect.TypeOf(p).Elem())
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	schema["$id"] = SchemaURL(eventType)
	schema["title"] = eventType
	schema["description"] = g.comments[reflect.TypeOf(p).Elem().Name()]
	particular(eventType, schema)
	text, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

// particular puts in what is so for some types of events only.
func particular(eventType string, schema object) {
	properties := schema["properties"].(object)
	word := eventType[strings.LastIndexByte(eventType, '.')+1:]
	if _, ok := properties["outcome"]; ok {
		properties["outcome"].(object)["const"] = word
	}
	switch eventType {
	case CheckFailed, DiscoverFailed:
		schema["required"] = append(schema["required"].([]string), "failure")
	case CheckSucceeded, DiscoverSucceeded:
		properties["failure"] = false
	}
}

func (g generator) structure(t reflect.Type) object {
	properties, required := object{}, []string{}
	g.fields(t, properties, &required)
	schema := object{"type": "object", "properties": properties, "required": required}
	if g.closed || t == reflect.TypeFor[Documents]() {
		schema["additionalProperties"] = false
	}
	g.identified(t, schema)
	return schema
}

// identified lets a request that has documents be without the name.
func (g generator) identified(t reflect.Type, schema object) {
	for _, pair := range [][2]string{{"connection", "documents"}, {"resource", "document"}} {
		_, byName := schema["properties"].(object)[pair[0]]
		_, byValue := schema["properties"].(object)[pair[1]]
		switch {
		case byName && byValue:
			schema["anyOf"] = []object{{"required": []string{pair[0]}}, {"required": []string{pair[1]}}}
		case byName && t != reflect.TypeFor[Documents]():
			schema["required"] = append([]string{pair[0]}, schema["required"].([]string)...)
		}
	}
}

func (g generator) fields(t reflect.Type, properties object, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			g.fields(f.Type, properties, required)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		schema := g.value(f.Type)
		limit(schema, f.Tag.Get("schema"))
		if text := g.comments[t.Name()+"."+f.Name]; text != "" {
			schema["description"] = text
		}
		properties[name] = schema
		if options == "" {
			*required = append(*required, name)
		}
	}
}

func (g generator) value(t reflect.Type) object {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch zero := reflect.Zero(t).Interface().(type) {
	case time.Time:
		return object{"type": "string", "format": "date-time"}
	case json.RawMessage:
		return object{"type": "object"}
	case airbyte.Descriptor:
		return object{
			"type": "object", "required": []string{"name"}, "additionalProperties": false,
			"properties": object{"namespace": object{"type": "string"}, "name": object{"type": "string"}},
		}
	case interface{ values() []string }:
		return object{"type": "string", "enum": zero.values()}
	case airbyte.FailureType:
		return object{"type": "string", "enum": []airbyte.FailureType{airbyte.ConfigError, airbyte.SystemError, airbyte.TransientError}}
	case Document:
		return document("Source", "Destination")
	}
	if strings.HasSuffix(t.PkgPath(), "pkg/connection") {
		return document(t.Name())
	}
	return g.plain(t)
}

// document is one that pkg/connection reads, which knows its fields.
func document(kinds ...string) object {
	return object{
		"type": "object", "required": []string{"apiVersion", "kind", "metadata", "spec"},
		"properties": object{"kind": object{"enum": kinds}},
	}
}

func (g generator) plain(t reflect.Type) object {
	switch t.Kind() {
	case reflect.Struct:
		return g.structure(t)
	case reflect.Slice:
		return object{"type": "array", "items": g.value(t.Elem())}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer"}
	}
	panic("no schema for " + t.String())
}

func limit(schema object, tag string) {
	key, value, _ := strings.Cut(tag, "=")
	switch key {
	case "minimum", "minItems":
		n, err := strconv.Atoi(value)
		if err != nil {
			panic(err)
		}
		schema[key] = n
	case "name": // of Kubernetes, as pkg/connection demands it
		schema["pattern"] = `^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
		schema["maxLength"] = 253
	}
}

// readComments gives the doc comments of this package's types and fields by
// "Type" and "Type.Field", as one line.
func readComments(t *testing.T) map[string]string {
	t.Helper()
	notTests := func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }
	packages, err := parser.ParseDir(token.NewFileSet(), ".", notTests, parser.ParseComments) //nolint:staticcheck // no build tags here, and no types are needed
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	ast.Inspect(packages["events"], func(n ast.Node) bool {
		if g, ok := n.(*ast.GenDecl); ok && g.Tok == token.TYPE {
			for _, s := range g.Specs {
				addComments(all, g.Doc, s.(*ast.TypeSpec))
			}
		}
		return true
	})
	return all
}

func addComments(all map[string]string, doc *ast.CommentGroup, s *ast.TypeSpec) {
	all[s.Name.Name] = strings.Join(strings.Fields(doc.Text()), " ")
	if fields, ok := s.Type.(*ast.StructType); ok {
		for _, f := range fields.Fields.List {
			for _, name := range f.Names {
				all[s.Name.Name+"."+name.Name] = strings.Join(strings.Fields(f.Doc.Text()), " ")
			}
		}
	}
}
