package main

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// The columns every table has beside the stream's own.
const (
	rawIDColumn      = "_airbyte_raw_id"
	extractedColumn  = "_airbyte_extracted_at"
	generationColumn = "_airbyte_generation_id"
	metaColumn       = "_airbyte_meta"
	// overflowColumn holds the fields for which the table has no room. A table
	// has it only once it is full.
	overflowColumn = "_airbyte_overflow"
)

// maxColumns is SQLite's SQLITE_MAX_COLUMN.
const maxColumns = 2000

// fold gives what SQLite compares names by: ASCII letters without their case.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

// names chooses the columns of fields. A field keeps its column from sync to
// sync, in whatever order fields come up: a column of an existing table belongs
// to the field of exactly its name, and a field that cannot have its own name
// gets one that follows from that name alone.
type names struct {
	// have are the table's columns, by their folded names.
	have map[string]column
	// taken are the folded names of columns in use.
	taken map[string]bool
}

// choose gives the column of a field. It is the field's name, unless that
// belongs to another column, or cannot be one.
func (n *names) choose(field string) string {
	if field == "" || strings.ContainsRune(field, 0) || !n.isFree(field) {
		return n.derived(field)
	}
	return field
}

func (n *names) isFree(field string) bool {
	if strings.HasPrefix(fold(field), overflowColumn) || n.taken[fold(field)] {
		return false
	}
	existing, ok := n.have[fold(field)]
	return !ok || existing.name == field
}

// derived is the field's name with a few digits of its hash; more of them if
// other fields are named on purpose to collide.
func (n *names) derived(field string) string {
	sum := sha256.Sum256([]byte(field))
	digits := hex.EncodeToString(sum[:])
	stem := strings.ReplaceAll(field, "\x00", "")
	for length := 6; ; length++ {
		if name := stem + "_" + digits[:length]; !n.taken[fold(name)] {
			return name
		}
	}
}
