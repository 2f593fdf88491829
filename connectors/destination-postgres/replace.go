package main

import (
	"strconv"
	"strings"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/connectors/internal/load"
	"knelt.dev/connectors/internal/postgres"
)

// Finalize drops what is older than the minimum generation.
func (t *table) Finalize() error {
	return t.db.exec(`DELETE FROM ` + t.quoted(t.Name) + ` WHERE coalesce(` + postgres.QuoteName(load.GenerationColumn) + `, 0) < ` +
		strconv.FormatInt(t.Stream.MinimumGenerationID, 10))
}

// Swap fills the table anew with what was written aside. The table itself stays,
// and with it views, indexes, privileges and all that users made for it.
func (t *table) Swap(*kit.Emitter) error {
	t.follow()
	columns := strings.Join(t.columns, ", ")
	name, aside := t.quoted(t.Name), t.quoted(t.Table.Target)
	return t.db.exec(`TRUNCATE `+name, `INSERT INTO `+name+` (`+columns+`) SELECT `+columns+` FROM `+aside, `DROP TABLE `+aside)
}
