package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"

	"knelt.dev/pkg/airbyte"
)

// runPipe joins the same two programs by a shell pipe: nothing counts, nothing
// is kept.
func runPipe(ctx context.Context, o options, s scenario, dir string) (figures, error) {
	source, err1 := o.program("source-faker")
	destination, err2 := o.program(s.destination)
	if err := errors.Join(err1, err2, s.catalog(ctx, source, dir)); err != nil {
		return figures{}, err
	}
	script := fmt.Sprintf(`set -o pipefail; %s read --config source.json --catalog catalog.json | %s write --config destination.json --catalog catalog.json >/dev/null`, source, destination)
	cmd := exec.CommandContext(ctx, "bash", "-c", script)
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return figures{}, fmt.Errorf("%w: %s", err, out.String())
	}
	return figures{wall: time.Since(began)}, nil
}

// catalog asks the source what it has and configures it as the engine does.
func (s scenario) catalog(ctx context.Context, source, dir string) error {
	cmd := exec.CommandContext(ctx, source, "discover", "--config", filepath.Join(dir, "source.json"))
	out, err := cmd.Output()
	if err != nil {
		return err
	}
	var catalog *airbyte.StreamCatalog
	for _, line := range bytes.Split(out, []byte{'\n'}) {
		if m, err := airbyte.Decode(line); err == nil && m.Catalog != nil {
			catalog = m.Catalog
		}
	}
	if catalog == nil {
		return errors.New("the source gave no catalog")
	}
	var configured airbyte.ConfiguredCatalog
	for _, stream := range catalog.Streams {
		configured.Streams = append(configured.Streams, airbyte.ConfiguredStream{
			Stream: stream, SyncMode: airbyte.Incremental, CursorField: stream.DefaultCursorField,
			DestinationSyncMode: airbyte.AppendDedup, PrimaryKey: stream.SourceDefinedPrimaryKey, SyncID: 1,
		})
	}
	text, err := json.Marshal(configured)
	if err != nil {
		return err
	}
	return writeFile(dir, "catalog.json", text)
}
