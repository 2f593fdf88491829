package main

import (
	"encoding/json"
	"slices"

	"knelt.dev/connectors/internal/kit"
)

// position is the state of a stream: how far its rows were read. Values are
// PostgreSQL's texts.
//
// A whole read goes by the primary key: After is the key of the last row. An
// incremental read goes by the cursor and, where rows have the same, by the
// primary key. The state at its end has the cursor alone, and the next read
// starts with the rows of that cursor once more, since others may have got it.
type position struct {
	CursorField string  `json:"cursor_field,omitempty"`
	Cursor      *string `json:"cursor,omitempty"`
	// Key names the columns of the keys below: with another primary key they
	// mean nothing.
	Key   []string `json:"key,omitempty"`
	After []string `json:"after,omitempty"`
	// Ties are rows that a read has to look at again since it was gone on with
	// in the middle of rows of one cursor: more may have got it meanwhile, with
	// a key that was behind.
	Ties []tie `json:"ties,omitempty"`
	// Nulls is the key of the last row without a cursor. These come last.
	Nulls []string `json:"nulls,omitempty"`
	// Done tells that a whole read came to its end: what comes after it are new
	// rows only. An engine forgets the state before it wants the table again.
	Done bool `json:"done,omitempty"`
}

// tie is the rows of a cursor with keys after After and up to UpTo.
type tie struct {
	Cursor string   `json:"cursor"`
	After  []string `json:"after,omitempty"`
	UpTo   []string `json:"up_to"`
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

// resume makes of a state the position to read from: what another sync mode,
// cursor or primary key left is dropped.
func (p position) resume(cursor string, key []string) position {
	if p.CursorField != cursor {
		return position{CursorField: cursor, Key: key}
	}
	if !slices.Equal(p.Key, key) || !p.fits(len(key)) {
		p.After, p.Nulls, p.Ties = nil, nil, nil
	}
	p.Key = key
	if cursor != "" && p.Cursor == nil {
		p.After, p.Ties = nil, nil
	}
	if cursor != "" && p.After != nil && !slices.ContainsFunc(p.Ties, p.covers) {
		p.Ties = append(slices.DeleteFunc(p.Ties, func(t tie) bool { return t.Cursor == *p.Cursor }), tie{Cursor: *p.Cursor, UpTo: p.After})
	}
	return p
}

// covers tells whether a tie is that of the position itself: no row was read since
// it was noted.
func (p position) covers(t tie) bool {
	return t.Cursor == *p.Cursor && slices.Equal(t.UpTo, p.After)
}

// fits tells whether all keys have n parts.
func (p position) fits(n int) bool {
	fit := func(key []string) bool { return key == nil || len(key) == n }
	return fit(p.After) && fit(p.Nulls) &&
		!slices.ContainsFunc(p.Ties, func(t tie) bool { return !fit(t.After) || len(t.UpTo) != n })
}
