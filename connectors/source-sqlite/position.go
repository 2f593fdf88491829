package main

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"unicode/utf8"

	"knelt.dev/connectors/internal/kit"
)

// position is the state of a stream: the last row that was read, by the cursor of
// an incremental read or by the rowid of a whole one.
type position struct {
	CursorField string          `json:"cursor_field,omitempty"`
	Cursor      json.RawMessage `json:"cursor,omitempty"`
	RowID       *int64          `json:"rowid,omitempty"`
	// Done tells that a whole read came to its end. It is for people: an engine
	// forgets the state before it wants the table again, and one that resumes
	// an attempt shall not get it twice, so nothing is read after it but new
	// rows.
	Done bool `json:"done,omitempty"`
}

func parsePosition(raw json.RawMessage) (position, error) {
	var p position
	if len(raw) == 0 {
		return p, nil
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return p, kit.ConfigError("the state is not one of this source: reset the stream")
	}
	return p, nil
}

// forMode drops what another sync mode left: a whole read has no cursor, -1.
func (p position) forMode(cursor int) position {
	if cursor < 0 {
		return position{RowID: p.RowID, Done: p.Done}
	}
	return position{CursorField: p.CursorField, Cursor: p.Cursor}
}

// afterRowID gives the condition for the rows after the position of a whole read.
func (p position) afterRowID(rowid string) (condition string, args []any) {
	if p.RowID == nil || rowid == "" {
		return "", nil
	}
	return " WHERE " + rowid + " > ?", []any{*p.RowID}
}

// afterCursor gives the condition for the rows after the position of an
// incremental read. Unless values of the cursor are unique, rows that share the
// last one come again: another row may have got that value since, and must not
// be missed. Rows without a value come each time, for the same reason.
func (p position) afterCursor(c column) (condition string, args []any, err error) {
	if p.CursorField != c.name {
		return "", nil, nil // another column's values tell nothing
	}
	value, err := cursorValue(p.Cursor)
	if value == nil || err != nil {
		return "", nil, err
	}
	name, comparison := quoteName(c.name), " >= ?"
	if c.unique {
		comparison = " > ?"
	}
	condition = " WHERE " + name + comparison
	if !c.notNull {
		condition += " OR " + name + " IS NULL"
	}
	return condition, []any{value}, nil
}

// cursorValue reads the value of a cursor as the database knows it.
func cursorValue(raw json.RawMessage) (any, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return nil, kit.ConfigError("the state is not one of this source: reset the stream")
	}
	switch v := v.(type) {
	case nil, string:
		return v, nil
	case json.Number:
		if whole, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return whole, nil
		}
		if f, err := v.Float64(); err == nil {
			return f, nil
		}
	}
	return nil, kit.ConfigError("the state is not one of this source: reset the stream")
}

// moveTo moves the position to a row's cursor. A value that JSON cannot hold as
// it is leaves the position where it was: rows come again rather than never.
func (p *position) moveTo(c column, value any) error {
	switch v := value.(type) {
	case nil:
		return nil
	case []byte:
		return kit.ConfigError("the column %q holds BLOBs and cannot be the cursor", c.name)
	case string:
		if !utf8.ValidString(v) {
			return nil
		}
	case float64:
		if math.IsInf(v, 0) {
			return nil
		}
	}
	p.CursorField = c.name
	p.Cursor = appendValue(p.Cursor[:0], value, false)
	return nil
}
