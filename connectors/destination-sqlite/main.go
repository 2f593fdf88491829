// Destination-sqlite writes streams into tables of one SQLite file: typed
// columns, append, append_dedup and overwrite, generations and refreshes. A state
// is returned once the transaction with everything before it is committed.
package main

import (
	"context"
	_ "embed"
	"errors"

	"knelt.dev/connectors/internal/kit"
)

//go:embed spec.json
var spec []byte

func main() { kit.RunDestination(destination{}) }

type destination struct{}

func (destination) Spec() []byte { return spec }

// Check writes a table and takes it away again.
func (destination) Check(ctx context.Context, c kit.Config) error {
	config, err := readConfig(c)
	if err != nil {
		return err
	}
	db, err := open(ctx, config.Path)
	if err != nil {
		return err
	}
	return errors.Join(db.probe(ctx), db.Close())
}

func (destination) Write(ctx context.Context, in kit.WriteInput, out *kit.Emitter) error {
	config, err := readConfig(in.Config)
	if err != nil {
		return err
	}
	db, err := open(ctx, config.Path)
	if err != nil {
		return err
	}
	w, err := newWriter(db, config, in.Catalog, out)
	if err == nil {
		err = w.run(in.Lines)
	}
	return errors.Join(err, db.Close())
}
