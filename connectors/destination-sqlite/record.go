package main

import (
	"bytes"
	"strconv"

	"knelt.dev/pkg/airbyte"
)

// fill puts a record into the table's row. It may add columns for fields that
// the schema does not name: added tells so. ok is false for a record that
// cannot be kept: no object, or without any part of its key.
func (t *table) fill(line []byte, e *airbyte.Envelope, rawID string) (added, ok bool) {
	if line[e.Data.Start] != '{' {
		return false, false
	}
	clear(t.row)
	for key, value := range airbyte.Members(line, e.Data) {
		i, known := t.byField[string(key.Of(line))]
		if !known {
			i, added = t.unescapedField(key.Of(line), added)
		}
		t.row[i] = sqlValue(line, value)
	}
	t.row[0], t.row[1], t.row[2], t.row[3] = rawID, extractedAt(line, e), t.stream.GenerationID, t.metaOf(line, e)
	return added, t.fillKeys(line, e.Data)
}

// unescapedField finds the column of a key as it is meant, or makes one.
func (t *table) unescapedField(raw []byte, added bool) (int, bool) {
	field := string(airbyte.Unquote(nil, raw))
	if i, ok := t.byField[field]; ok {
		return i, added
	}
	return t.add(column{field: field}), true
}

// fillKeys takes nested parts of the key and the cursor out of the data.
func (t *table) fillKeys(line []byte, data airbyte.Span) (ok bool) {
	if t.cursor.fields != nil {
		t.fillPath(line, data, t.cursor)
	}
	for _, k := range t.keys {
		t.fillPath(line, data, k)
		ok = ok || t.row[k.column] != nil
	}
	return ok || len(t.keys) == 0
}

func (t *table) fillPath(line []byte, data airbyte.Span, p path) {
	if len(p.fields) == 1 {
		return
	}
	at := data
	for _, field := range p.fields {
		next, found := member(line, at, field)
		if !found {
			return
		}
		at = next
	}
	t.row[p.column] = sqlValue(line, at)
}

func member(line []byte, obj airbyte.Span, name string) (airbyte.Span, bool) {
	if line[obj.Start] != '{' {
		return airbyte.Span{}, false
	}
	for key, value := range airbyte.Members(line, obj) {
		if airbyte.KeyIs(key.Of(line), name) {
			return value, true
		}
	}
	return airbyte.Span{}, false
}

// extractedAt is emitted_at in milliseconds; some sources write a fraction.
func extractedAt(line []byte, e *airbyte.Envelope) any {
	f, err := strconv.ParseFloat(string(e.EmittedAt.Of(line)), 64)
	if err != nil {
		return nil
	}
	return int64(f)
}

// metaOf is the record's _airbyte_meta, with the changes it went through.
func (t *table) metaOf(line []byte, e *airbyte.Envelope) string {
	key := []byte(`"meta"`)
	if !bytes.Contains(line[:e.Data.Start], key) && !bytes.Contains(line[e.Data.End:], key) {
		return t.meta
	}
	meta, ok := member(line, e.Body, "meta")
	if !ok {
		return t.meta
	}
	changes, ok := member(line, meta, "changes")
	if !ok {
		return t.meta
	}
	return `{"sync_id":` + strconv.FormatInt(t.stream.SyncID, 10) + `,"changes":` + string(changes.Of(line)) + `}`
}
