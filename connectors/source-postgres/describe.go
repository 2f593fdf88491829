package main

import (
	"context"
	"strings"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/connectors/internal/postgres"
	"knelt.dev/pkg/airbyte"
)

// columnsQuery lists the columns that may be read of the relations that may be:
// tables, views, materialized views, foreign tables and partitioned tables, the
// last as one and without their partitions.
const columnsQuery = `SELECT n.nspname, c.relname, c.relkind, a.attname, a.attnotnull, a.atttypid
	FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND n.nspname = ANY ($1::text[]) AND ($2 = '' OR c.relname = $2)
	AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')
	ORDER BY n.nspname, c.relname, a.attnum`

// keysQuery lists the columns of primary keys, and those that alone are unique.
const keysQuery = `SELECT n.nspname, c.relname, i.indisprimary, i.indnkeyatts = 1 AND (i.indcollation[0] = 0 OR i.indcollation[0] = a.attcollation), a.attname
	FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, place)
	JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
	WHERE i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL AND k.place <= i.indnkeyatts
	AND n.nspname = ANY ($1::text[]) AND ($2 = '' OR c.relname = $2) ORDER BY i.indexrelid, k.place`

// typesQuery lists all types but those of tables' rows.
const typesQuery = `SELECT oid, typname, typtype, typcategory, typelem, typbasetype, typdelim FROM pg_catalog.pg_type WHERE typtype <> 'c'`

// tables describes what the configured schemas hold.
func (s *session) tables(ctx context.Context) ([]table, error) {
	for _, schema := range s.config.Schemas {
		found, err := postgres.Texts(ctx, s.conn, `SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1`, schema)
		if err != nil {
			return nil, postgres.Classed(ctx, "reading the schemas", err)
		}
		if len(found) == 0 {
			return nil, kit.ConfigError("schemas: the database has no schema %q", schema)
		}
	}
	return s.describe(ctx, s.config.Schemas, "")
}

// table describes the one of a stream.
func (s *session) table(ctx context.Context, d airbyte.Descriptor) (table, error) {
	found, err := s.describe(ctx, []string{d.Namespace}, d.Name)
	if err != nil {
		return table{}, err
	}
	if len(found) == 0 {
		return table{}, kit.ConfigError("the database has no table or view %s that may be read", d)
	}
	return found[0], nil
}

func (s *session) describe(ctx context.Context, schemas []string, name string) ([]table, error) {
	types, err := s.types(ctx)
	if err != nil {
		return nil, err
	}
	in := arrayOf(schemas)
	rows, err := postgres.Texts(ctx, s.conn, columnsQuery, in, name)
	if err != nil {
		return nil, postgres.Classed(ctx, "reading the columns", err)
	}
	var found []table
	at := map[airbyte.Descriptor]int{}
	for _, row := range rows {
		d := airbyte.Descriptor{Namespace: row[0], Name: row[1]}
		if _, known := at[d]; !known {
			at[d] = len(found)
			found = append(found, table{Descriptor: d, relation: row[2]})
		}
		t := &found[at[d]]
		t.columns = append(t.columns, column{name: row[3], notNull: row[4] == "t", kind: types.kindOf(row[5])})
	}
	keys, err := postgres.Texts(ctx, s.conn, keysQuery, in, name)
	if err != nil {
		return nil, postgres.Classed(ctx, "reading the keys", err)
	}
	for _, row := range keys {
		if i, known := at[airbyte.Descriptor{Namespace: row[0], Name: row[1]}]; known {
			found[i].addKey(row[4], row[2] == "t", row[3] == "t")
		}
	}
	return found, nil
}

func (s *session) types(ctx context.Context) (types, error) {
	rows, err := postgres.Texts(ctx, s.conn, typesQuery)
	if err != nil {
		return nil, postgres.Classed(ctx, "reading the types", err)
	}
	found := make(types, len(rows))
	for _, r := range rows {
		found[r[0]] = typeRow{name: r[1], isDomain: r[2] == "d", isArray: r[3] == "A", element: r[4], base: r[5], delimiter: r[6][0]}
	}
	return found, nil
}

// arrayOf writes texts as an array of PostgreSQL.
func arrayOf(texts []string) string {
	quoted := make([]string, 0, len(texts))
	for _, t := range texts {
		quoted = append(quoted, `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(t)+`"`)
	}
	return "{" + strings.Join(quoted, ",") + "}"
}
