package main

import (
	"slices"
	"unicode/utf8"

	"knelt.dev/connectors/internal/postgres"
)

// parts are the queries for what is to be read after the position.
func (r *read) parts() []*part {
	if r.cursor < 0 {
		if r.position.Done && !r.table.resumable() {
			return nil
		}
		return []*part{r.whole()}
	}
	parts := []*part{r.later()}
	for range r.position.Ties {
		parts = append(parts, r.tie(len(parts)-1))
	}
	if !r.table.columns[r.cursor].notNull {
		parts = append(parts, r.nulls())
	}
	return parts
}

// whole is all rows after the key of the position. Without a primary key there is
// no order, and a state at the end only.
func (r *read) whole() *part {
	p := &part{end: func() { r.position.Done = true }}
	if !r.table.resumable() {
		p.boundary = func([][]byte) bool { return false }
		p.move = func([][]byte) bool { return false }
		return p
	}
	p.orderBy(r.keyColumns()...)
	if r.position.After != nil {
		p.compare(r.keyColumns(), ">", r.position.After)
	}
	p.move = func(row [][]byte) bool { return r.keyTo(&r.position.After, row) }
	return p
}

// later is the rows from the cursor on. If no two rows share a cursor, those after
// it. Where they may, and there is a primary key, it goes on behind the last row.
func (r *read) later() *part {
	cursor := r.table.columns[r.cursor]
	p := &part{end: func() {}}
	p.orderBy(cursor)
	switch {
	case cursor.unique:
		p.move = r.cursorTo
	case r.table.resumable():
		p.orderBy(r.keyColumns()...)
		p.move = func(row [][]byte) bool {
			var key []string
			if !r.keyTo(&key, row) || !r.cursorTo(row) {
				return false
			}
			r.position.After = key
			return true
		}
	default:
		p.move = r.cursorTo
		p.boundary = func(row [][]byte) bool {
			return r.position.Cursor != nil && string(row[r.cursor]) != *r.position.Cursor
		}
	}
	switch {
	case r.position.Cursor == nil:
		p.where = append(p.where, postgres.QuoteName(cursor.name)+" IS NOT NULL")
	case cursor.unique:
		p.compare([]column{cursor}, ">", []string{*r.position.Cursor})
	case r.position.After != nil:
		p.compare(append([]column{cursor}, r.keyColumns()...), ">", append([]string{*r.position.Cursor}, r.position.After...))
	default:
		p.compare([]column{cursor}, ">=", []string{*r.position.Cursor})
	}
	return p
}

// tie is the rows of one cursor that have to be looked at again, the first of the
// position's ties when its turn comes. Those of the last cursor are read by the next
// sync anyway.
func (r *read) tie(i int) *part {
	t := r.position.Ties[i]
	p := &part{end: func() { r.position.Ties = r.position.Ties[1:] }}
	p.skip = func() bool { return t.Cursor == *r.position.Cursor }
	p.compare([]column{r.table.columns[r.cursor]}, "=", []string{t.Cursor})
	p.compare(r.keyColumns(), "<=", t.UpTo)
	if t.After != nil {
		p.compare(r.keyColumns(), ">", t.After)
	}
	p.orderBy(r.keyColumns()...)
	p.move = func(row [][]byte) bool { return r.keyTo(&r.position.Ties[0].After, row) }
	return p
}

// nulls is the rows without a cursor. They come at each sync: nothing tells when
// they were changed.
func (r *read) nulls() *part {
	p := &part{end: func() { r.position.Nulls = nil }}
	p.where = append(p.where, postgres.QuoteName(r.table.columns[r.cursor].name)+" IS NULL")
	if !r.table.resumable() {
		p.boundary = func([][]byte) bool { return false }
		p.move = func([][]byte) bool { return false }
		return p
	}
	p.orderBy(r.keyColumns()...)
	if r.position.Nulls != nil {
		p.compare(r.keyColumns(), ">", r.position.Nulls)
	}
	p.move = func(row [][]byte) bool { return r.keyTo(&r.position.Nulls, row) }
	return p
}

func (r *read) keyColumns() []column {
	columns := make([]column, 0, len(r.keys))
	for _, i := range r.keys {
		columns = append(columns, r.table.columns[i])
	}
	return columns
}

// keyTo copies the key of a row.
func (r *read) keyTo(key *[]string, row [][]byte) bool {
	parts := make([]string, 0, len(r.keys))
	for _, i := range r.keys {
		if !utf8.Valid(row[i]) {
			return false
		}
		parts = append(parts, string(row[i]))
	}
	*key = parts
	return true
}

// cursorTo moves to the cursor of a row, but not to an infinity, after which
// nothing would ever come.
func (r *read) cursorTo(row [][]byte) bool {
	value := row[r.cursor]
	if !utf8.Valid(value) || (r.table.columns[r.cursor].kind.endless && isEndless(value)) {
		return false
	}
	text := string(value)
	r.position.Cursor = &text
	return true
}

func (r *read) findKeys() {
	if !r.table.resumable() {
		return
	}
	for _, name := range r.table.key {
		r.keys = append(r.keys, slices.IndexFunc(r.table.columns, func(c column) bool { return c.name == name }))
	}
}
