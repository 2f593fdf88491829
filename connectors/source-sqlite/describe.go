package main

import (
	"context"
	"fmt"
	"strings"

	"knelt.dev/connectors/internal/kit"
)

// tables describes the wanted tables and views; none wanted means all that can
// be read. A view of what is gone, or a table of an extension that is not here,
// cannot.
func (db *database) tables(ctx context.Context, wanted []string) ([]table, error) {
	if len(wanted) > 0 {
		return db.wanted(ctx, wanted)
	}
	names, err := db.names(ctx, `SELECT s.name FROM sqlite_schema s LEFT JOIN pragma_table_list l ON l.schema = 'main' AND l.name = s.name
		WHERE s.type IN ('table', 'view') AND s.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND l.type IS NOT 'shadow' ORDER BY s.name`)
	if err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	var found []table
	for _, name := range names {
		t, err := db.table(ctx, name)
		if ctx.Err() != nil {
			return nil, err
		}
		if err == nil {
			found = append(found, t)
		}
	}
	return found, nil
}

func (db *database) wanted(ctx context.Context, names []string) ([]table, error) {
	found := make([]table, 0, len(names))
	for _, name := range names {
		t, err := db.table(ctx, name)
		if err != nil {
			return nil, kit.ConfigError("tables: %w", err)
		}
		found = append(found, t)
	}
	return found, nil
}

// table describes one table or view.
func (db *database) table(ctx context.Context, name string) (table, error) {
	t := table{name: name}
	kind, err := db.names(ctx, `SELECT type FROM sqlite_schema WHERE name = ? AND type IN ('table', 'view')`, name)
	switch {
	case err != nil:
		return t, fmt.Errorf("reading the schema: %w", err)
	case len(kind) == 0:
		return t, kit.ConfigError("the database has no table or view %q", name)
	}
	if err := db.readColumns(ctx, &t); err != nil {
		return t, fmt.Errorf("reading the columns of %q: %w", name, err)
	}
	if err := db.findUnique(ctx, &t); err != nil {
		return t, fmt.Errorf("reading the indexes of %q: %w", name, err)
	}
	if err := db.findRowID(ctx, &t); err != nil {
		return t, fmt.Errorf("reading the kind of %q: %w", name, err)
	}
	return t, nil
}

func (db *database) readColumns(ctx context.Context, t *table) error {
	rows, err := db.tx.QueryContext(ctx, `SELECT name, type, pk, "notnull" FROM pragma_table_xinfo(?) WHERE hidden <> 1`, t.name)
	if err != nil {
		return err
	}
	defer closeRows(rows)
	for rows.Next() {
		var c column
		if err := rows.Scan(&c.name, &c.declared, &c.key, &c.notNull); err != nil {
			return err
		}
		t.columns = append(t.columns, c)
	}
	return rows.Err()
}

// findUnique marks columns that alone make a unique index or the primary key,
// in the collation by which they are compared: that of the index could take for
// different what a comparison takes for equal.
func (db *database) findUnique(ctx context.Context, t *table) error {
	names, err := db.names(ctx, `SELECT (SELECT name FROM pragma_index_xinfo(l.name) WHERE key AND coll = 'BINARY') FROM pragma_index_list(?) l
		WHERE l."unique" AND NOT l.partial AND (SELECT count(*) FROM pragma_index_info(l.name)) = 1`, t.name)
	if err != nil {
		return err
	}
	unique := map[string]bool{}
	for _, name := range names {
		unique[name] = true
	}
	soleKey := len(t.primaryKey()) == 1
	for i, c := range t.columns {
		t.columns[i].unique = unique[c.name] || (soleKey && c.key == 1 && strings.EqualFold(c.declared, "INTEGER"))
	}
	return nil
}

// findRowID finds a name for the rowid that no column has taken. Views, virtual
// tables and tables WITHOUT ROWID have none.
func (db *database) findRowID(ctx context.Context, t *table) error {
	plain, err := db.names(ctx, `SELECT name FROM pragma_table_list WHERE schema = 'main' AND name = ? AND type = 'table' AND wr = 0`, t.name)
	if err != nil || len(plain) == 0 {
		return err
	}
	for _, name := range []string{"rowid", "_rowid_", "oid"} {
		if t.columnNamed(name) < 0 {
			t.rowid = name
			return nil
		}
	}
	return nil
}
