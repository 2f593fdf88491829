package main

import (
	"fmt"
	"strings"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/connectors/internal/load"
	"knelt.dev/connectors/internal/postgres"
)

// Create makes the schema and the table, or gives an older table what it lacks. An
// overwrite gets a table of the same columns to write to meanwhile.
func (t *table) Create() error {
	if err := t.checkNames(); err != nil {
		return err
	}
	if err := t.db.makeSchema(t.schema); err != nil {
		return err
	}
	if err := t.checkPlace(); err != nil {
		return err
	}
	have, err := t.have()
	if err != nil {
		return err
	}
	if err := t.Plan(have); err != nil {
		return err
	}
	if len(have) == 0 {
		err = t.createTable()
	} else if err = t.changeColumns(); err == nil {
		err = t.addColumns(t.quoted(t.Name), 0)
	}
	if err == nil {
		err = t.index(t.Name)
	}
	if err != nil || t.Table.Target == t.Name {
		return err
	}
	aside := t.quoted(t.Table.Target)
	if err := t.db.exec(`DROP TABLE IF EXISTS `+aside, `CREATE TABLE `+aside+` (LIKE `+t.quoted(t.Name)+`)`); err != nil {
		return err
	}
	return t.index(t.Table.Target)
}

func (t *table) checkNames() error {
	for _, name := range []string{t.schema, t.Name} {
		if name == "" || strings.ContainsRune(name, 0) {
			return kit.ConfigError("%q cannot be the name of a schema or a table: set table_prefix, or rename the stream", name)
		}
	}
	return nil
}

// makeSchema makes a schema that is not there. Whoever may not make schemas can
// write to those that are.
func (db *database) makeSchema(name string) error {
	found, err := db.texts(`SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1`, name)
	if err != nil || len(found) > 0 {
		return err
	}
	return db.exec(`CREATE SCHEMA ` + postgres.QuoteName(name))
}

// checkPlace looks for things that are in the table's place.
func (t *table) checkPlace() error {
	found, err := t.db.texts(`SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND c.relname IN ($2, $3) AND c.relkind NOT IN ('r', 'p')`, t.schema, t.Name, t.Table.Target)
	if err == nil && len(found) > 0 {
		return kit.ConfigError("the schema %q has something called %q that is no table: remove it, or set table_prefix", t.schema, found[0][0])
	}
	return err
}

// have lists the columns of the table; none if there is no such table.
func (t *table) have() (map[string]load.Column, error) {
	rows, err := t.db.texts(`SELECT attname, pg_catalog.format_type(atttypid, NULL) FROM pg_catalog.pg_attribute
		WHERE attrelid = pg_catalog.to_regclass($1) AND attnum > 0 AND NOT attisdropped`, t.quoted(t.Name))
	columns := map[string]load.Column{}
	for _, row := range rows {
		columns[row[0]] = load.Column{Name: row[0], Kind: load.Kind(row[1])}
	}
	return columns, err
}

func (t *table) createTable() error {
	definitions := make([]string, 0, len(t.Columns))
	for _, c := range t.Columns {
		definitions = append(definitions, definition(c))
	}
	return t.db.exec(`CREATE TABLE ` + t.quoted(t.Name) + ` (` + strings.Join(definitions, ", ") + `)`)
}

func definition(c load.Column) string { return postgres.QuoteName(c.Name) + " " + string(c.Kind) }

// addColumns gives a table those of the columns from the given one on that it
// lacks.
func (t *table) addColumns(name string, from int) error {
	var add []string
	for _, c := range t.Columns[from:] {
		if _, has := t.Have[c.Name]; !has || from > 0 {
			add = append(add, `ADD COLUMN IF NOT EXISTS `+definition(c))
		}
	}
	if len(add) == 0 {
		return nil
	}
	return t.db.exec(`ALTER TABLE ` + name + ` ` + strings.Join(add, ", "))
}

// changeColumns gives columns the wider types that their fields have now.
func (t *table) changeColumns() error {
	for _, i := range t.Changed() {
		c, had := t.Columns[i], t.Have[t.Columns[i].Name].Kind
		name := postgres.QuoteName(c.Name)
		if err := t.db.exec(`ALTER TABLE ` + t.quoted(t.Name) + ` ALTER COLUMN ` + name + ` TYPE ` + string(c.Kind) +
			` USING ` + converted(name, had, c.Kind)); err != nil {
			return fmt.Errorf("making the column %q %s instead of %s: %w", c.Name, c.Kind, had, err)
		}
	}
	return nil
}

// Widen adds columns wherever rows of the stream go.
func (t *table) Widen(from int) error {
	places := []string{t.quoted(t.Name)}
	if t.Table.Target != t.Name {
		places = append(places, t.quoted(t.Table.Target))
	}
	if t.stage != "" {
		places = append(places, t.stage)
	}
	for _, place := range places {
		if err := t.addColumns(place, from); err != nil {
			return fmt.Errorf("adding columns to the table %q: %w", t.Name, err)
		}
	}
	return nil
}
