// Generate writes the CustomResourceDefinitions of Source, Destination and
// Connection, made of the Go types: fields by their json tags, descriptions
// from the doc comments, and what neither can say from rules.go.
package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"

	"sigs.k8s.io/yaml"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		slog.Error("exiting", "error", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: generate FILE (got %d arguments)", len(args))
	}
	text, err := manifest("../../..")
	if err != nil {
		return err
	}
	return os.WriteFile(args[0], text, 0o644) //nolint:gosec // everybody may read a manifest
}

// header stands above the definitions.
const header = `# The kinds Source, Destination and Connection, made by go generate ./pkg/connection/crd
# of the Go types; do not edit.
`

// manifest gives the file's text; root is the folder of the module.
func manifest(root string) ([]byte, error) {
	comments, err := readComments(root, "pkg/airbyte", "pkg/connector", "pkg/connection", "pkg/store", "pkg/connection/crd")
	if err != nil {
		return nil, err
	}
	out := bytes.NewBufferString(header)
	for i, k := range kinds {
		text, err := yaml.Marshal(k.definition(generator{comments: comments}))
		if err != nil {
			return nil, fmt.Errorf("writing the definition of %s: %w", k.name, err)
		}
		if i > 0 {
			out.WriteString("---\n")
		}
		out.Write(text)
	}
	return out.Bytes(), nil
}
