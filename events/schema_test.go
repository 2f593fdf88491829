package events

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "write the schemas and what the tests got into testdata")

// golden compares got with a file, or writes it there.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got; go test ./events -update writes it anew):\n%s", file, diff)
	}
}

func TestSchemasAreThoseOfTheGoTypes(t *testing.T) {
	for eventType := range payloads {
		golden(t, "schemas/"+schemaFile(eventType), generate(t, eventType))
	}
	files, err := os.ReadDir("schemas")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(payloads) {
		t.Errorf("%d schemas of %d types: remove those of types that are gone", len(files), len(payloads))
	}
}

// TestSchemasAreSchemas holds them against the meta-schema, and each payload
// golden against its schema, by a compiler of its own.
func TestSchemasAreSchemasAndFitTheGoldens(t *testing.T) {
	for eventType := range payloads {
		c := jsonschema.NewCompiler()
		c.AssertFormat()
		schema, err := c.Compile("schemas/" + schemaFile(eventType))
		if err != nil {
			t.Error(err)
			continue
		}
		goldens, err := filepath.Glob("testdata/payloads/" + eventType[len("dev.knelt."):] + "*.json")
		if err != nil || len(goldens) == 0 {
			t.Errorf("no golden of %s (%v)", eventType, err)
		}
		for _, file := range goldens {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(value); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}
