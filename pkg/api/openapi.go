package api

import (
	_ "embed" // the OpenAPI document
	"reflect"
	"strconv"
	"strings"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/synclog"
)

// OpenAPI is the document that describes the operations, OpenAPI 3.1. A test
// makes it of Operations and the Go types (go test ./pkg/api -update).
//
//go:embed openapi.json
var OpenAPI []byte

// AnswerPointer is the JSON pointer of the schema of an operation's answer in
// OpenAPI, as a fragment of a URL.
func (o Operation) AnswerPointer() string {
	escape := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace
	return "/paths/" + escape(Base+o.Path) + "/" + strings.ToLower(o.Method) + "/responses/" + strconv.Itoa(o.Status) + "/content/application~1json/schema"
}

// SchemaName is the name of a type's schema in OpenAPI.
func SchemaName(t reflect.Type) string {
	name := t.Name()
	if generic, of, ok := strings.Cut(name, "["); ok {
		of = strings.TrimSuffix(of, "]")
		return of[strings.LastIndexByte(of, '.')+1:] + generic
	}
	switch t.PkgPath() {
	case reflect.TypeFor[airbyte.Stream]().PkgPath():
		return "Airbyte" + name
	case reflect.TypeFor[synclog.Entry]().PkgPath():
		return "Log" + name
	case reflect.TypeFor[replication.Ledger]().PkgPath():
		return "Ledger" + strings.TrimSuffix(name, "Ledger")
	}
	return name
}
