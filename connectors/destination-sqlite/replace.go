package main

import (
	"knelt.dev/connectors/internal/kit"
	"knelt.dev/connectors/internal/load"
)

// Finalize drops what is older than the minimum generation.
func (t *table) Finalize() error {
	return t.db.exec(`DELETE FROM `+quoteName(t.Name)+` WHERE ifnull(`+load.GenerationColumn+`, 0) < ?`, t.Stream.MinimumGenerationID)
}

// Swap puts an overwritten table in the place of the old one. Indexes and
// triggers that users made for that one are made again.
func (t *table) Swap(out *kit.Emitter) error {
	db := t.db
	made, err := db.texts(2, `SELECT name, sql FROM sqlite_schema WHERE tbl_name = ? COLLATE NOCASE
		AND type IN ('index', 'trigger') AND sql IS NOT NULL AND substr(name, 1, 13) <> '_airbyte_key_'`, t.Name)
	if err != nil {
		return err
	}
	for _, statement := range []string{
		`DROP TABLE IF EXISTS ` + quoteName(t.Name),
		`ALTER TABLE ` + quoteName(t.Table.Target) + ` RENAME TO ` + quoteName(t.Name),
	} {
		if err := db.exec(statement); err != nil {
			return err
		}
	}
	for _, thing := range made {
		if err := db.exec(thing[1]); err != nil {
			if err := out.Log("WARN", "the table "+t.Name+" was overwritten; "+thing[0]+" could not be made for it again: "+err.Error()); err != nil {
				return err
			}
		}
	}
	return nil
}
