package main

import (
	"context"
	"crypto/rand"

	"knelt.dev/connectors/internal/postgres"
)

// probe proves that tables can be written, and leaves nothing behind.
func probe(ctx context.Context, c config) error {
	db, err := open(ctx, c)
	if err != nil {
		return err
	}
	defer db.close()
	if err := db.exec(`BEGIN`); err != nil {
		return postgres.Classed(ctx, "beginning a transaction", err)
	}
	if err := db.makeSchema(c.Schema); err != nil {
		return postgres.Classed(ctx, "making the schema", err)
	}
	name := postgres.QuoteName(c.Schema) + "." + postgres.QuoteName("_airbyte_check_"+rand.Text())
	err = db.exec(`CREATE TABLE `+name+` (n bigint)`, `INSERT INTO `+name+` VALUES (1)`, `CREATE TEMP TABLE stage_check (n bigint)`, `ROLLBACK`)
	return postgres.Classed(ctx, "writing to the database", err)
}
