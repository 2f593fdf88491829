package main

import "knelt.dev/connectors/internal/kit"

// finalize ends a stream of which everything has come: what is older than the
// minimum generation goes.
func (t *table) finalize(db *database) error {
	t.complete = true
	if t.stream.MinimumGenerationID == 0 || t.overwrites() {
		return nil
	}
	return db.exec(`DELETE FROM `+quoteName(t.name)+` WHERE ifnull(`+generationColumn+`, 0) < ?`, t.stream.MinimumGenerationID)
}

// swap puts an overwritten table in the place of the old one. Indexes and
// triggers that users made for that one are made again.
func (t *table) swap(db *database, out *kit.Emitter) error {
	made, err := db.texts(2, `SELECT name, sql FROM sqlite_schema WHERE tbl_name = ? COLLATE NOCASE
		AND type IN ('index', 'trigger') AND sql IS NOT NULL AND substr(name, 1, 13) <> '_airbyte_key_'`, t.name)
	if err != nil {
		return err
	}
	for _, statement := range []string{
		`DROP TABLE IF EXISTS ` + quoteName(t.name),
		`ALTER TABLE ` + quoteName(t.target) + ` RENAME TO ` + quoteName(t.name),
	} {
		if err := db.exec(statement); err != nil {
			return err
		}
	}
	for _, thing := range made {
		if err := db.exec(thing[1]); err != nil {
			if err := out.Log("WARN", "the table "+t.name+" was overwritten; "+thing[0]+" could not be made for it again: "+err.Error()); err != nil {
				return err
			}
		}
	}
	return nil
}
