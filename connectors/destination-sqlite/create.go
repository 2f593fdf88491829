package main

import (
	"fmt"
	"strings"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/connectors/internal/load"
)

// Create makes the table as the catalog wants it, with the columns an older one
// lacks.
func (t *table) Create() error {
	db := t.db
	if err := t.checkName(db); err != nil {
		return err
	}
	if t.Table.Target != t.Name {
		if err := db.exec(`DROP TABLE IF EXISTS ` + quoteName(t.Table.Target)); err != nil {
			return err
		}
	}
	have, err := columnsOf(db, t.Table.Target)
	if err != nil {
		return err
	}
	if err := t.Plan(have); err != nil {
		return err
	}
	if len(have) == 0 {
		return load.Joined(t.createTable(db), t.index(db))
	}
	if err := t.change(db); err != nil {
		return err
	}
	return load.Joined(t.addColumns(db, 0), t.index(db))
}

// checkName looks for things that are in the table's place.
func (t *table) checkName(db *database) error {
	switch {
	case strings.HasPrefix(fold(t.Name), "sqlite_"):
		return kit.ConfigError("the table would be called %q: SQLite keeps names that start with sqlite_ to itself: set table_prefix", t.Name)
	case t.Name == "" || strings.ContainsRune(t.Name, 0):
		return kit.ConfigError("%q cannot be the name of a table: set table_prefix, or rename the stream", t.Name)
	}
	found, err := db.texts(1, `SELECT type FROM sqlite_schema WHERE name COLLATE NOCASE IN (?, ?) AND type <> 'table'`, t.Name, t.Table.Target)
	if err == nil && len(found) > 0 {
		return kit.ConfigError("the database has a %s called %q where the table should be: remove it, or set table_prefix", found[0][0], t.Name)
	}
	return err
}

// columnsOf lists the columns a table has, by folded name; none if there is no
// such table.
func columnsOf(db *database, table string) (map[string]load.Column, error) {
	rows, err := db.texts(2, `SELECT name, type FROM pragma_table_xinfo(?)`, table)
	columns := map[string]load.Column{}
	for _, row := range rows {
		columns[fold(row[0])] = load.Column{Name: row[0], Kind: load.Kind(row[1])}
	}
	return columns, err
}

func (t *table) createTable(db *database) error {
	definitions := make([]string, 0, len(t.Columns))
	for i := range t.Columns {
		definitions = append(definitions, t.definition(i))
	}
	return db.exec(`CREATE TABLE ` + quoteName(t.Table.Target) + ` (` + strings.Join(definitions, ", ") + `)`)
}

func (t *table) definition(i int) string {
	return strings.TrimSpace(t.columnName(i) + " " + string(t.Columns[i].Kind))
}

// addColumns gives the table those of the columns from the given one on that it
// lacks.
func (t *table) addColumns(db *database, from int) error {
	have, err := columnsOf(db, t.Table.Target)
	if err != nil {
		return err
	}
	for i := from; i < len(t.Columns); i++ {
		if _, ok := have[fold(t.Columns[i].Name)]; ok {
			continue
		}
		if err := db.exec(`ALTER TABLE ` + quoteName(t.Table.Target) + ` ADD COLUMN ` + t.definition(i)); err != nil {
			return err
		}
	}
	return nil
}

// change gives columns another type where the old one would change values. SQLite
// cannot do so in place: the values move to a new column. What would stand in the
// way is put aside.
func (t *table) change(db *database) error {
	changed := t.Changed()
	if len(changed) == 0 {
		return nil
	}
	aside, err := t.putAside(db)
	if err != nil {
		return err
	}
	for _, i := range changed {
		if err := t.changeColumn(db, i); err != nil {
			c := t.Columns[i]
			return fmt.Errorf("making the column %q %s instead of %s: %w", c.Name, c.Kind, t.Have[fold(c.Name)].Kind, err)
		}
	}
	for _, create := range aside {
		if err := db.exec(create); err != nil {
			return err
		}
	}
	return nil
}

// putAside drops what may need a column as it is: views, triggers and the
// table's indexes. It gives the statements that make them again.
func (t *table) putAside(db *database) (create []string, err error) {
	found, err := db.texts(3, `SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL
		AND (type IN ('view', 'trigger') OR (type = 'index' AND tbl_name = ? COLLATE NOCASE)) ORDER BY type DESC`, t.Table.Target)
	if err != nil {
		return nil, err
	}
	for _, thing := range found { // views first: their triggers go with them, and come after them
		create = append(create, thing[2])
		if err := db.exec(`DROP ` + thing[0] + ` IF EXISTS ` + quoteName(thing[1])); err != nil {
			return nil, err
		}
	}
	return create, nil
}

func (t *table) changeColumn(db *database, i int) error {
	target, name, fresh := quoteName(t.Table.Target), t.columnName(i), quoteName("_airbyte_new")
	for _, statement := range []string{
		`ALTER TABLE ` + target + ` ADD COLUMN ` + fresh + ` ` + string(t.Columns[i].Kind),
		`UPDATE ` + target + ` SET ` + fresh + ` = ` + name,
		`ALTER TABLE ` + target + ` DROP COLUMN ` + name,
		`ALTER TABLE ` + target + ` RENAME COLUMN ` + fresh + ` TO ` + name,
	} {
		if err := db.exec(statement); err != nil {
			return err
		}
	}
	return nil
}
