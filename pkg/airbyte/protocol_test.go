package airbyte_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// sharedData is where the protocol's schema and recorded streams lie beside the
// project in CI. Where they are missing the goldens alone pin the casing.
const sharedData = "../../../shared/data"

// protocol gives the protocol's own schema as JSON, nil where it is missing.
var protocol = sync.OnceValues(func() (any, error) {
	text, err := os.ReadFile(sharedData + "/airbyte_protocol.yaml")
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var tree any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return nil, err
	}
	closeDefinitions(tree.(map[string]any))
	asJSON, err := json.Marshal(tree)
	if err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
})

// closeDefinitions forbids properties that the schema does not name. It allows
// them, so that a property in wrong casing would pass as an unknown one. What
// the platform adds to the release is let in.
func closeDefinitions(schema map[string]any) {
	delete(schema, "$id")
	definitions := schema["definitions"].(map[string]any)
	for _, definition := range definitions {
		if object := definition.(map[string]any); object["properties"] != nil {
			object["additionalProperties"] = false
		}
	}
	properties := func(name string) map[string]any {
		return definitions[name].(map[string]any)["properties"].(map[string]any)
	}
	properties("AirbyteStateMessage")["id"] = map[string]any{"type": "integer"}
	properties("AirbyteStateStats")["additionalStats"] = map[string]any{"type": "object"}
}

// checkAgainstProtocol validates text against a definition of the protocol.
func checkAgainstProtocol(t *testing.T, definition string, text []byte) {
	t.Helper()
	if strings.Contains(string(text), `"stream_state":null`) {
		return // the schema says object, the platform resets streams by null
	}
	document, err := protocol()
	if err != nil {
		t.Fatal(err)
	}
	if document == nil {
		return
	}
	compiler := jsonschema.NewCompiler()
	const url = "https://knelt.dev/protocol.json"
	if err := compiler.AddResource(url, document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile(url + "#/definitions/" + definition)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("not what the protocol's schema says: %v\n%s", err, text)
	}
}
