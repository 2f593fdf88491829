package api

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"reflect"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/synclog"
)

// object is a JSON object whose keys are written sorted.
type object = map[string]any

// schemas makes JSON Schemas (2020-12, as OpenAPI 3.1 uses them) of Go types:
// properties by their json tags, what is required by the absence of omitempty and
// omitzero, descriptions from the doc comments.
type schemas struct {
	comments map[string]string
	made     object
	types    map[string]reflect.Type
	// closed are the types of bodies, in which unknown fields are refused.
	closed map[string]bool
}

func newSchemas(t *testing.T) *schemas {
	t.Helper()
	s := &schemas{comments: map[string]string{}, made: object{}, types: map[string]reflect.Type{}, closed: map[string]bool{}}
	for _, dir := range []string{".", "../replication", "../synclog", "../airbyte", "../connector"} {
		s.readComments(t, dir)
	}
	for _, o := range Operations {
		if o.Body != nil {
			s.close(reflect.TypeOf(o.Body))
		}
	}
	return s
}

// close marks the type of a body, with those of its fields.
func (s *schemas) close(t reflect.Type) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() {
		return
	}
	s.closed[SchemaName(t)] = true
	for i := range t.NumField() {
		s.close(t.Field(i).Type)
	}
}

// of gives the schema of a type, by reference where it has a name.
func (s *schemas) of(t reflect.Type) object {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if special := s.special(t); special != nil {
		return special
	}
	switch t.Kind() {
	case reflect.Struct:
		return s.named(t)
	case reflect.Slice:
		return object{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Interface:
		return object{}
	}
	panic("no schema for " + t.String())
}

func (s *schemas) special(t reflect.Type) object {
	switch zero := reflect.Zero(t).Interface().(type) {
	case time.Time:
		return object{"type": "string", "format": "date-time"}
	case json.RawMessage:
		return object{}
	case interface{ values() []string }:
		return object{"type": "string", "enum": zero.values()}
	case store.Status:
		return object{"type": "string", "enum": texts(statuses[1:])}
	case airbyte.StateKind:
		return object{"type": "string", "enum": []airbyte.StateKind{airbyte.StreamState, airbyte.GlobalState, airbyte.LegacyState}}
	case synclog.Level:
		return object{"type": "string", "enum": []synclog.Level{synclog.Fatal, synclog.Error, synclog.Warn, synclog.Info, synclog.Debug, synclog.Trace}}
	case synclog.Origin:
		return object{"type": "string", "enum": []synclog.Origin{synclog.Engine, synclog.Source, synclog.Destination}}
	}
	return nil
}

func (s *schemas) named(t reflect.Type) object {
	name := SchemaName(t)
	if other, made := s.types[name]; made && other != t {
		panic(name + " is " + other.String() + " and " + t.String())
	}
	if _, made := s.made[name]; !made {
		s.types[name] = t
		schema := object{"type": "object"}
		s.made[name] = schema
		properties, required := object{}, []string{}
		s.fields(t, properties, &required)
		schema["properties"], schema["required"] = properties, required
		if s.closed[name] {
			schema["additionalProperties"] = false
		}
		if text := s.comments[commentKey(t)]; text != "" {
			schema["description"] = text
		}
	}
	return object{"$ref": "#/components/schemas/" + name}
}

func (s *schemas) fields(t reflect.Type, properties object, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			s.fields(f.Type, properties, required)
			continue
		}
		if name == "" || name == "-" {
			continue
		}
		schema := s.of(f.Type)
		if f.Type.Kind() == reflect.Slice && options == "" && !s.closed[SchemaName(t)] && f.Type != reflect.TypeFor[json.RawMessage]() {
			schema["type"] = "array" // never null
		}
		if text := s.comments[commentKey(t)+"."+f.Name]; text != "" {
			schema["description"] = text
		}
		properties[name] = schema
		if options == "" {
			*required = append(*required, name)
		}
	}
}

func commentKey(t reflect.Type) string {
	name, _, _ := strings.Cut(t.Name(), "[")
	return path.Base(t.PkgPath()) + "." + name
}

// readComments reads the doc comments of a package's types and fields.
func (s *schemas) readComments(t *testing.T, dir string) {
	t.Helper()
	notTests := func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }
	packages, err := parser.ParseDir(token.NewFileSet(), dir, notTests, parser.ParseComments) //nolint:staticcheck // no types are needed
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range packages {
		ast.Inspect(p, func(n ast.Node) bool {
			if g, ok := n.(*ast.GenDecl); ok && g.Tok == token.TYPE {
				for _, spec := range g.Specs {
					s.addComments(name, g.Doc, spec.(*ast.TypeSpec))
				}
			}
			return true
		})
	}
}

func (s *schemas) addComments(pkg string, doc *ast.CommentGroup, spec *ast.TypeSpec) {
	one := func(g *ast.CommentGroup) string { return strings.Join(strings.Fields(g.Text()), " ") }
	key := pkg + "." + spec.Name.Name
	s.comments[key] = one(doc)
	if fields, ok := spec.Type.(*ast.StructType); ok {
		for _, f := range fields.Fields.List {
			for _, name := range f.Names {
				s.comments[key+"."+name.Name] = one(f.Doc)
			}
		}
	}
}
