// Destination-sqlite writes streams into tables of one SQLite file: typed
// columns, append, append_dedup and overwrite, generations and refreshes. A state
// is returned once the transaction with everything before it is committed.
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

// Check writes a table and takes it back.
func (destination) Check(ctx context.Context, c kit.Config) error {
	config, err := readConfig(c)
	if err != nil {
		return err
	}
	return answer(probe(ctx, config))
}

// answer makes every failure of a check an answer: it tells the user more than
// a failed command.
func answer(err error) error {
	if err == nil {
		return nil
	}
	return kit.ConfigError("%w", err)
}

func (destination) Write(ctx context.Context, in kit.WriteInput, out *kit.Emitter) error {
	config, err := readConfig(in.Config)
	if err != nil {
		return err
	}
	db, err := openToWrite(ctx, config)
	if err != nil {
		return err
	}
	err = load.Run(db, load.Config{CommitRows: config.CommitRows, CommitAfter: config.commitAfter()}, in.Catalog, in.Lines, out)
	return load.Joined(err, db.close())
}
