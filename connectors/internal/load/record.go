package load

import (
	"bytes"
	"strconv"

	"knelt.dev/pkg/airbyte"
)

// fill finds the values of a record. Fields that no column is for get one: the
// caller has to compare the number of columns. Of a key that data repeats the last
// value counts, as in most readers of JSON.
func (t *Table) fill(line []byte, e *airbyte.Envelope) {
	clear(t.Values)
	t.changes, t.Overflow = t.changes[:0], t.Overflow[:0]
	for key, value := range airbyte.Members(line, e.Data) {
		t.set(line, key, value)
	}
	t.fillPath(line, e.Data, t.Cursor)
	for _, k := range t.Keys {
		t.fillPath(line, e.Data, k)
	}
	if len(t.Overflow) > 0 {
		t.Overflow = append(t.Overflow, '}')
	}
}

func (t *Table) set(line []byte, key, value airbyte.Span) {
	i, known := t.byField[string(key.Of(line))]
	if !known {
		i = t.columnOf(string(airbyte.Unquote(nil, key.Of(line))), nil)
	}
	if i == t.OverflowAt {
		t.Overflow = append(t.Overflow, map[bool]byte{true: '{', false: ','}[len(t.Overflow) == 0], '"')
		t.Overflow = append(append(append(t.Overflow, key.Of(line)...), '"', ':'), value.Of(line)...)
		return
	}
	t.Values[i] = value
}

// fillPath takes a nested part of the key or the cursor out of the data.
func (t *Table) fillPath(line []byte, data airbyte.Span, p Path) {
	if len(p.Fields) < 2 {
		return
	}
	at := data
	for _, field := range p.Fields {
		next, found := Member(line, at, field)
		if !found {
			return
		}
		at = next
	}
	t.Values[p.Column] = at
}

// Member finds the value of a key, the last one if it is repeated.
func Member(line []byte, obj airbyte.Span, name string) (found airbyte.Span, ok bool) {
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

// Change is what became of a value that its column cannot hold, in the words of
// a record's meta.changes.
type Change string

// The changes of a value.
const (
	Kept      Change = ""
	Nulled    Change = "NULLED"
	Truncated Change = "TRUNCATED"
)

// Note notes the change of the value of column i for Meta.
func (t *Table) Note(i int, change Change, reason string) {
	if len(t.changes) > 0 {
		t.changes = append(t.changes, ',')
	}
	t.changes = append(append(append(t.changes, `{"field":"`...), t.fields[i]...), `","change":"`...)
	t.changes = append(append(append(t.changes, change...), `","reason":"`...), reason...)
	t.changes = append(t.changes, `"}`...)
}

// ExtractedAt is emitted_at in milliseconds; some sources write a fraction.
func ExtractedAt(line []byte, e *airbyte.Envelope) (ms int64, ok bool) {
	raw := e.EmittedAt.Of(line)
	if len(raw) == 0 {
		return 0, false
	}
	if n, ok := SmallInteger(raw); ok {
		return n, true
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || f < -1e15 || f > 1e15 { // thirty thousand years
		return 0, false
	}
	return int64(f), true
}

// SmallInteger reads integers of up to 15 digits, which are doubles too.
func SmallInteger(raw []byte) (n int64, ok bool) {
	digits, negative := raw, raw[0] == '-'
	if negative {
		digits = raw[1:]
	}
	if len(digits) == 0 || len(digits) > 15 {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

// MetaOf is the record's _airbyte_meta: the changes it went through before it
// came, and those made here.
func (t *Table) MetaOf(line []byte, e *airbyte.Envelope) string {
	before := changesOf(line, e)
	if len(before) == 0 && len(t.changes) == 0 {
		return t.meta
	}
	meta := append([]byte(`{"sync_id":`), strconv.FormatInt(t.Stream.SyncID, 10)...)
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
	meta, ok := Member(line, e.Body, "meta")
	if !ok {
		return nil
	}
	changes, ok := Member(line, meta, "changes")
	if !ok || line[changes.Start] != '[' {
		return nil
	}
	return bytes.TrimSpace(line[changes.Start+1 : changes.End-1])
}
