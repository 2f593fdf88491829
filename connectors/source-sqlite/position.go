package main

import (
	"bytes"
	"encoding/json"
	"strconv"

	"knelt.dev/connectors/internal/kit"
)

// position is the state of a stream: the last row that was read, by the cursor of
// an incremental read or by the rowid of a whole one.
type position struct {
	Cursor json.RawMessage `json:"cursor,omitempty"`
	RowID  *int64          `json:"rowid,omitempty"`
	// Done tells that a full refresh came to its end.
	Done bool `json:"done,omitempty"`
}

func parsePosition(raw json.RawMessage) (position, error) {
	var p position
	if len(raw) == 0 {
		return p, nil
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return p, kit.ConfigError("the state is not one of this source: %w", err)
	}
	return p, nil
}

// where gives the condition for the rows after the position. Unless values of
// the cursor are unique, rows that share the last one come again: another row may
// have got that value since, and must not be missed.
func (p position) where(cursor string, unique bool) (condition string, args []any, err error) {
	if cursor == "" {
		if p.RowID == nil {
			return "", nil, nil
		}
		return " WHERE rowid > ?", []any{*p.RowID}, nil
	}
	value, err := cursorValue(p.Cursor)
	if value == nil || err != nil {
		return "", nil, err
	}
	comparison := " >= ?"
	if unique {
		comparison = " > ?"
	}
	return " WHERE " + quoteName(cursor) + comparison, []any{value}, nil
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
		return nil, kit.ConfigError("the state's cursor is no JSON value: %w", err)
	}
	n, isNumber := v.(json.Number)
	if !isNumber {
		return v, nil
	}
	if whole, err := strconv.ParseInt(string(n), 10, 64); err == nil {
		return whole, nil
	}
	return n.Float64()
}
