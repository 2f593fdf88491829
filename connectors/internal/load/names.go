package load

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// names chooses the columns of fields. A field keeps its column from sync to
// sync, in whatever order fields come up: a column of an existing table belongs
// to the field of exactly its name, and a field that cannot have its own name
// gets one that follows from that name alone.
type names struct {
	*Dialect
	// have are the table's columns, by their folded names.
	have map[string]Column
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
	folded := n.Fold(field)
	if strings.HasPrefix(folded, OverflowColumn) || n.taken[folded] || (n.MaxName > 0 && len(field) > n.MaxName) ||
		(n.IsReserved != nil && n.IsReserved(field)) {
		return false
	}
	existing, ok := n.have[folded]
	return !ok || existing.Name == field
}

// derived is the field's name with a few digits of its hash; more of them if
// other fields are named on purpose to collide.
func (n *names) derived(field string) string {
	for length := 6; ; length++ {
		if name := Derived(field, length, n.MaxName); !n.taken[n.Fold(name)] {
			return name
		}
	}
}

// Derived is a name that follows from another one that cannot be used: as much of
// it as fits into most bytes (0: all) and some digits of its hash.
func Derived(name string, digits, most int) string {
	sum := sha256.Sum256([]byte(name))
	tail := "_" + hex.EncodeToString(sum[:])[:digits]
	stem := strings.ReplaceAll(name, "\x00", "")
	if most > 0 && len(stem)+len(tail) > most {
		stem = stem[:most-len(tail)]
		for len(stem) > 0 && !utf8.ValidString(stem) { // half a character
			stem = stem[:len(stem)-1]
		}
	}
	return stem + tail
}
