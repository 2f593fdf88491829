package events

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed schemas/*.json
var schemaFiles embed.FS

const schemaBase = "https://knelt.dev/schemas/v1alpha1/"

// SchemaURL is the name of the schema of a type's data: the event's dataschema
// attribute and the schema's $id.
func SchemaURL(eventType string) string { return schemaBase + schemaFile(eventType) }

// Schema gives the JSON Schema (2020-12) of the data of a type of events; false
// if there is no such type.
func Schema(eventType string) (json.RawMessage, bool) {
	text, err := schemaFiles.ReadFile("schemas/" + schemaFile(eventType))
	return text, err == nil
}

func schemaFile(eventType string) string {
	return strings.TrimPrefix(eventType, "dev.knelt.") + ".json"
}

// schemas compiles each schema once. They are ours and tested: one that does not
// compile is a fault of the build.
var schemas = sync.OnceValue(func() map[string]*jsonschema.Schema {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	all := map[string]*jsonschema.Schema{}
	for t := range payloads {
		text, ok := Schema(t)
		if !ok {
			panic("events: no schema of " + t)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err == nil {
			err = c.AddResource(SchemaURL(t), doc)
		}
		if err != nil {
			panic(fmt.Sprintf("events: the schema of %s: %v", t, err))
		}
	}
	for t := range payloads {
		all[t] = c.MustCompile(SchemaURL(t))
	}
	return all
})

// schemaProblems tells where data does not fit the schema of a type.
func schemaProblems(eventType string, data []byte) []Problem {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return []Problem{{"/data", "is not JSON: " + err.Error()}}
	}
	if wrong := repeatedKeys(data); len(wrong) > 0 {
		return wrong
	}
	schema, known := schemas()[eventType]
	if !known {
		return []Problem{{"/type", fmt.Sprintf("%q is no type of event", eventType)}}
	}
	return validationProblems(schema.Validate(value))
}
