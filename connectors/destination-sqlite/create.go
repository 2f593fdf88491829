package main

import (
	"fmt"
	"strings"

	"knelt.dev/connectors/internal/kit"
)

// create makes the table as the catalog wants it, with the columns an older one
// lacks.
func (t *table) create(db *database) error {
	if err := t.checkName(db); err != nil {
		return err
	}
	if t.target != t.name {
		if err := db.exec(`DROP TABLE IF EXISTS ` + quoteName(t.target)); err != nil {
			return err
		}
	}
	have, err := columnsOf(db, t.target)
	if err != nil {
		return err
	}
	if err := t.plan(have); err != nil {
		return err
	}
	if len(have) == 0 {
		return joined(t.createTable(db), t.index(db))
	}
	if err := t.change(db); err != nil {
		return err
	}
	return joined(t.addColumns(db, 0), t.index(db))
}

// checkName looks for things that are in the table's place.
func (t *table) checkName(db *database) error {
	switch {
	case strings.HasPrefix(fold(t.name), "sqlite_"):
		return kit.ConfigError("the table would be called %q: SQLite keeps names that start with sqlite_ to itself: set table_prefix", t.name)
	case t.name == "" || strings.ContainsRune(t.name, 0):
		return kit.ConfigError("%q cannot be the name of a table: set table_prefix, or rename the stream", t.name)
	}
	found, err := db.texts(1, `SELECT type FROM sqlite_schema WHERE name COLLATE NOCASE IN (?, ?) AND type <> 'table'`, t.name, t.target)
	if err == nil && len(found) > 0 {
		return kit.ConfigError("the database has a %s called %q where the table should be: remove it, or set table_prefix", found[0][0], t.name)
	}
	return err
}

// columnsOf lists the columns a table has, by folded name; none if there is no
// such table.
func columnsOf(db *database, table string) (map[string]column, error) {
	rows, err := db.texts(2, `SELECT name, type FROM pragma_table_xinfo(?)`, table)
	columns := map[string]column{}
	for _, row := range rows {
		columns[fold(row[0])] = column{name: row[0], kind: kind(row[1])}
	}
	return columns, err
}

func (t *table) createTable(db *database) error {
	definitions := make([]string, 0, len(t.columns))
	for i := range t.columns {
		definitions = append(definitions, t.definition(i))
	}
	return db.exec(`CREATE TABLE ` + quoteName(t.target) + ` (` + strings.Join(definitions, ", ") + `)`)
}

func (t *table) definition(i int) string {
	return strings.TrimSpace(t.columnName(i) + " " + string(t.columns[i].kind))
}

// addColumns gives the table those of the columns from the given one on that it
// lacks.
func (t *table) addColumns(db *database, from int) error {
	have, err := columnsOf(db, t.target)
	if err != nil {
		return err
	}
	for i := from; i < len(t.columns); i++ {
		if _, ok := have[fold(t.columns[i].name)]; ok {
			continue
		}
		if err := db.exec(`ALTER TABLE ` + quoteName(t.target) + ` ADD COLUMN ` + t.definition(i)); err != nil {
			return err
		}
	}
	return nil
}

// change gives columns another type where the old one would change values. SQLite
// cannot do so in place: the values move to a new column. What would stand in the
// way is put aside.
func (t *table) change(db *database) error {
	var changed []int
	for i, c := range t.columns {
		if existing, ok := t.names.have[fold(c.name)]; ok && existing.kind != c.kind {
			changed = append(changed, i)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	aside, err := t.putAside(db)
	if err != nil {
		return err
	}
	for _, i := range changed {
		if err := t.changeColumn(db, i); err != nil {
			c := t.columns[i]
			return fmt.Errorf("making the column %q %s instead of %s: %w", c.name, c.kind, t.names.have[fold(c.name)].kind, err)
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
		AND (type IN ('view', 'trigger') OR (type = 'index' AND tbl_name = ? COLLATE NOCASE)) ORDER BY type DESC`, t.target)
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
	target, name, fresh := quoteName(t.target), t.columnName(i), quoteName("_airbyte_new")
	for _, statement := range []string{
		`ALTER TABLE ` + target + ` ADD COLUMN ` + fresh + ` ` + string(t.columns[i].kind),
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
