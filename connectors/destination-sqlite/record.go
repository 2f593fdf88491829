package main

import (
	"bytes"
	"strconv"

	"knelt.dev/pkg/airbyte"
)

// fill puts a record into the table's row. Fields that no column is for get
// one: the caller has to compare the number of columns. ok is false for a
// record without any part of its key. Of a key that data repeats the last
// value counts, as in most readers of JSON.
func (t *table) fill(line []byte, e *airbyte.Envelope, rawID string) (ok bool) {
	clear(t.row)
	t.changes, t.overflow = t.changes[:0], t.overflow[:0]
	for key, value := range airbyte.Members(line, e.Data) {
		t.set(line, key, value)
	}
	ok = t.fillKeys(line, e.Data)
	if len(t.overflow) > 0 {
		t.row[t.overflowAt] = string(append(t.overflow, '}'))
	}
	t.row[0], t.row[1], t.row[2], t.row[3] = rawID, extractedAt(line, e), t.generation, t.metaOf(line, e)
	return ok
}

func (t *table) set(line []byte, key, value airbyte.Span) {
	i, known := t.byField[string(key.Of(line))]
	if !known {
		i = t.columnFor(string(airbyte.Unquote(nil, key.Of(line))))
	}
	if i == t.overflowAt {
		t.overflow = append(t.overflow, map[bool]byte{true: '{', false: ','}[len(t.overflow) == 0], '"')
		t.overflow = append(append(append(t.overflow, key.Of(line)...), '"', ':'), value.Of(line)...)
		return
	}
	t.put(line, i, key.Of(line), value)
}

// put stores a value and notes if it had to be changed; rawField is the field's
// name as in JSON.
func (t *table) put(line []byte, i int, rawField []byte, v airbyte.Span) {
	value, change := stored(line, v, t.columns[i].kind)
	t.row[i] = value
	if change == kept {
		return
	}
	if len(t.changes) > 0 {
		t.changes = append(t.changes, ',')
	}
	t.changes = append(append(append(t.changes, `{"field":"`...), rawField...), `","change":"`...)
	t.changes = append(append(t.changes, change...), `","reason":"DESTINATION_FIELD_SIZE_LIMITATION"}`...)
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
	quoted := airbyte.AppendString(nil, p.name())
	t.put(line, p.column, quoted[1:len(quoted)-1], at)
}

// member finds the value of a key, the last one if it is repeated.
func member(line []byte, obj airbyte.Span, name string) (found airbyte.Span, ok bool) {
	if line[obj.Start] != '{' {
		return found, false
	}
	for key, value := range airbyte.Members(line, obj) {
		if airbyte.KeyIs(key.Of(line), name) {
			found, ok = value, true
		}
	}
	return found, ok
}

// extractedAt is emitted_at in milliseconds; some sources write a fraction.
func extractedAt(line []byte, e *airbyte.Envelope) any {
	raw := e.EmittedAt.Of(line)
	if len(raw) == 0 {
		return nil
	}
	if n, ok := smallInteger(raw); ok {
		return n
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || f < -1e15 || f > 1e15 { // thirty thousand years
		return nil
	}
	return int64(f)
}

// metaOf is the record's _airbyte_meta: the changes it went through before it
// came, and those made here.
func (t *table) metaOf(line []byte, e *airbyte.Envelope) any {
	before := changesOf(line, e)
	if len(before) == 0 && len(t.changes) == 0 {
		return t.meta
	}
	meta := append([]byte(`{"sync_id":`), strconv.FormatInt(t.stream.SyncID, 10)...)
	meta = append(append(meta, `,"changes":[`...), before...)
	if len(before) > 0 && len(t.changes) > 0 {
		meta = append(meta, ',')
	}
	return string(append(append(meta, t.changes...), "]}"...))
}

// changesOf gives the elements of meta.changes as they came, without brackets.
func changesOf(line []byte, e *airbyte.Envelope) []byte {
	key := []byte("meta")
	if !bytes.Contains(line[e.Body.Start:e.Data.Start], key) && !bytes.Contains(line[e.Data.End:e.Body.End], key) {
		return nil
	}
	meta, ok := member(line, e.Body, "meta")
	if !ok {
		return nil
	}
	changes, ok := member(line, meta, "changes")
	if !ok || line[changes.Start] != '[' {
		return nil
	}
	return bytes.TrimSpace(line[changes.Start+1 : changes.End-1])
}
