package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"knelt.dev/connectors/internal/load"
)

// probe proves that tables can be written, and leaves nothing behind.
func probe(ctx context.Context, c config) error {
	if err := checkPath(c.Path); err != nil {
		return err
	}
	if _, err := os.Stat(c.Path); !errors.Is(err, fs.ErrNotExist) {
		return probeFile(ctx, c)
	}
	// Not under the file's own name: a sync that starts meanwhile would lose
	// what it writes when the probe goes.
	dir, err := os.MkdirTemp(filepath.Dir(c.Path), ".check-")
	if err != nil {
		return classed(c, fmt.Errorf("making a file beside %s: %w", c.Path, err))
	}
	c.Path = filepath.Join(dir, "check.db")
	return load.Joined(probeFile(ctx, c), os.RemoveAll(dir))
}

func probeFile(ctx context.Context, c config) error {
	db, err := open(ctx, c)
	if err != nil {
		return err
	}
	for _, statement := range []string{
		`BEGIN IMMEDIATE`,
		`CREATE TABLE "_airbyte_check" (n INTEGER)`,
		`INSERT INTO "_airbyte_check" VALUES (1)`,
		`ROLLBACK`,
	} {
		if err = db.exec(statement); err != nil {
			err = classed(c, fmt.Errorf("writing to the database: %w", err))
			break
		}
	}
	return load.Joined(err, db.close())
}
