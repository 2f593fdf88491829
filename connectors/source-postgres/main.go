// Source-postgres reads tables and views of a PostgreSQL database: whole and
// resumable by the primary key, or incrementally by any column that grows.
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
	s, err := open(ctx, config)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.lock(ctx, in.Catalog); err != nil {
		return err
	}
	return kit.ReadStreams(in, out, func(stream airbyte.ConfiguredStream) error {
		return s.read(ctx, stream, in.State, out)
	})
}

func discover(ctx context.Context, c kit.Config) ([]table, error) {
	config, err := readConfig(c)
	if err != nil {
		return nil, err
	}
	s, err := open(ctx, config)
	if err != nil {
		return nil, err
	}
	defer s.close()
	return s.tables(ctx)
}
