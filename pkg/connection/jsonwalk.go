package connection

import (
	"encoding/json"
	"strings"
)

// jsonLeaf is a scalar of a JSON text.
type jsonLeaf struct {
	// field is its path, such as tunnel.keys[0].
	field string
	// raw are its bytes, start and end their place in the text.
	raw        []byte
	start, end int
}

// text gives the content of a string; false for other scalars.
func (l jsonLeaf) text() (string, bool) {
	if l.raw[0] != '"' {
		return "", false
	}
	var s string
	if err := json.Unmarshal(l.raw, &s); err != nil {
		return "", false
	}
	return s, true
}

// walkJSON calls visit for every scalar of raw, which must be valid JSON, in
// the order in which they are written. field is the path of raw itself.
func walkJSON(raw []byte, field string, visit func(jsonLeaf)) {
	w := jsonWalker{raw: raw, visit: visit}
	w.value(field)
}

type jsonWalker struct {
	raw   []byte
	pos   int
	visit func(jsonLeaf)
}

func (w *jsonWalker) value(field string) {
	switch w.peek() {
	case '{':
		w.object(field)
	case '[':
		w.array(field)
	default:
		start := w.pos
		w.scalar()
		w.visit(jsonLeaf{field: field, raw: w.raw[start:w.pos], start: start, end: w.pos})
	}
}

// peek skips blanks and gives the next byte.
func (w *jsonWalker) peek() byte {
	for strings.IndexByte(" \t\r\n", w.raw[w.pos]) >= 0 {
		w.pos++
	}
	return w.raw[w.pos]
}

func (w *jsonWalker) object(field string) {
	w.pos++
	for w.peek() != '}' {
		if w.raw[w.pos] == ',' {
			w.pos++
			w.peek()
		}
		start := w.pos
		w.scalar()
		key, _ := jsonLeaf{raw: w.raw[start:w.pos]}.text()
		w.peek()
		w.pos++ // the colon
		w.value(childField(field, key))
	}
	w.pos++
}

func (w *jsonWalker) array(field string) {
	w.pos++
	for i := 0; w.peek() != ']'; i++ {
		if w.raw[w.pos] == ',' {
			w.pos++
		}
		w.value(itemField(field, i))
	}
	w.pos++
}

// scalar moves behind a string, number or word.
func (w *jsonWalker) scalar() {
	if w.raw[w.pos] != '"' {
		for w.pos < len(w.raw) && strings.IndexByte(" \t\r\n,]}", w.raw[w.pos]) < 0 {
			w.pos++
		}
		return
	}
	for w.pos++; w.raw[w.pos] != '"'; w.pos++ {
		if w.raw[w.pos] == '\\' {
			w.pos++
		}
	}
	w.pos++
}
