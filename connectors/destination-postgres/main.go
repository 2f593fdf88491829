// Destination-postgres writes streams into tables of a PostgreSQL database: typed
// columns, append, append_dedup, overwrite and overwrite_dedup, generations and
// refreshes. Rows come in by COPY; a state is returned once the transaction with
// everything before it is committed.
package main

import (
	"context"
	_ "embed"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/connectors/internal/load"
)

//go:embed spec.json
var spec []byte

func main() { kit.RunDestination(destination{}) }

type destination struct{}

func (destination) Spec() []byte { return spec }

// Check writes a table and takes it back. Every failure is an answer: it tells the
// user more than a failed command.
func (destination) Check(ctx context.Context, c kit.Config) error {
	config, err := readConfig(c)
	if err == nil {
		err = probe(ctx, config)
	}
	if err != nil {
		return kit.ConfigError("%w", err)
	}
	return nil
}

func (destination) Write(ctx context.Context, in kit.WriteInput, out *kit.Emitter) error {
	config, err := readConfig(in.Config)
	if err != nil {
		return err
	}
	db, err := open(ctx, config)
	if err != nil {
		return err
	}
	defer db.close()
	return load.Run(db, load.Config{CommitRows: config.CommitRows, CommitAfter: config.commitAfter()}, in.Catalog, in.Lines, out)
}
