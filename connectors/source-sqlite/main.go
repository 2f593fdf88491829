// Source-sqlite reads tables and views of a SQLite file: whole and resumable,
// or incrementally by any column that grows.
package main

import (
	"context"
	_ "embed"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/pkg/airbyte"
)

//go:embed spec.json
var spec []byte

func main() { kit.RunSource(source{}) }

type source struct{}

func (source) Spec() []byte { return spec }

func (source) Check(ctx context.Context, c kit.Config) error {
	if _, err := discover(ctx, c); err != nil {
		return kit.ConfigError("%w", err) // every failure is an answer
	}
	return nil
}

func (source) Discover(ctx context.Context, c kit.Config) (*airbyte.StreamCatalog, error) {
	tables, err := discover(ctx, c)
	if err != nil {
		return nil, err
	}
	catalog := &airbyte.StreamCatalog{Streams: make([]airbyte.Stream, 0, len(tables))}
	for _, t := range tables {
		catalog.Streams = append(catalog.Streams, t.stream())
	}
	return catalog, nil
}

// Read reads one stream after the other.
func (source) Read(ctx context.Context, in kit.ReadInput, out *kit.Emitter) error {
	config, err := readConfig(in.Config)
	if err != nil {
		return err
	}
	db, err := open(ctx, config)
	if err != nil {
		return err
	}
	return joined(readAll(ctx, db, config, in, out), db.close())
}

func discover(ctx context.Context, c kit.Config) ([]table, error) {
	config, err := readConfig(c)
	if err != nil {
		return nil, err
	}
	db, err := open(ctx, config)
	if err != nil {
		return nil, err
	}
	tables, err := db.tables(ctx, config.Tables)
	return tables, joined(classed(ctx, config, err), db.close())
}
