package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// comments are the doc comments of packages, as one line each.
type comments struct {
	// types and fields are keyed by "Type" and "Type.Field".
	types, fields map[string]string
	// values lists the constants of a type in their order.
	values map[string][]value
}

// value is one word that a type of words may have.
type value struct{ name, text, comment string }

// readComments reads the packages in folders below root.
func readComments(root string, folders ...string) (comments, error) {
	c := comments{types: map[string]string{}, fields: map[string]string{}, values: map[string][]value{}}
	for _, folder := range folders {
		paths, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
		if err != nil || len(paths) == 0 {
			return c, fmt.Errorf("no Go files in %s (error %w)", folder, err)
		}
		for _, path := range paths {
			if err := c.readFile(path); err != nil {
				return c, err
			}
		}
	}
	return c, nil
}

func (c comments) readFile(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ParseComments)
	if err != nil {
		return fmt.Errorf("reading doc comments: %w", err)
	}
	for _, d := range file.Decls {
		decl, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range decl.Specs {
			c.read(decl, spec)
		}
	}
	return nil
}

func (c comments) read(decl *ast.GenDecl, spec ast.Spec) {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		doc := spec.Doc
		if doc == nil {
			doc = decl.Doc
		}
		c.types[spec.Name.Name] = oneLine(doc)
		if s, ok := spec.Type.(*ast.StructType); ok {
			c.readFields(spec.Name.Name, s)
		}
	case *ast.ValueSpec:
		c.readValue(spec)
	}
}

func (c comments) readFields(owner string, s *ast.StructType) {
	for _, f := range s.Fields.List {
		for _, name := range f.Names {
			c.fields[owner+"."+name.Name] = oneLine(f.Doc)
		}
	}
}

func (c comments) readValue(spec *ast.ValueSpec) {
	t, ok := spec.Type.(*ast.Ident)
	if !ok || len(spec.Values) != 1 {
		return
	}
	literal, ok := spec.Values[0].(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return
	}
	if text, err := strconv.Unquote(literal.Value); err == nil {
		c.values[t.Name] = append(c.values[t.Name], value{spec.Names[0].Name, text, oneLine(spec.Doc)})
	}
}

func oneLine(doc *ast.CommentGroup) string { return strings.Join(strings.Fields(doc.Text()), " ") }

var word = regexp.MustCompile(`[A-Za-z]+`)

// describe gives the description of a field: its comment, else that of its
// type, with the names of Go in the words of YAML, and what each of its values
// means.
func (c comments) describe(owner reflect.Type, f reflect.StructField) string {
	text := c.fields[owner.Name()+"."+f.Name]
	if text == "" {
		text = strings.Replace(c.types[f.Type.Name()], f.Type.Name(), f.Name, 1)
	}
	text = strings.Replace(text, f.Name, fieldName(f), 1)
	text = word.ReplaceAllStringFunc(text, func(w string) string {
		if named, ok := owner.FieldByName(w); ok && fieldName(named) != "" && !isKind(w) {
			return fieldName(named)
		}
		return w
	})
	return text + c.describeValues(f.Type)
}

// isKind tells whether a word is a kind, and not only the field of that name.
func isKind(w string) bool {
	return slices.ContainsFunc(kinds, func(k kind) bool { return k.name == w })
}

func (c comments) describeValues(t reflect.Type) string {
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	all := ""
	for _, v := range c.values[t.Name()] {
		if strings.HasPrefix(v.comment, v.name+" ") {
			all += " " + v.text + ":" + strings.TrimPrefix(v.comment, v.name)
		}
	}
	return all
}
