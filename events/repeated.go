package events

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// repeatedKeys finds keys that an object has twice, or in two spellings that
// differ by case only: readers of JSON disagree about which of them counts. What
// is not ours (documents, catalogs) is left to its own reader. The data is valid
// JSON.
func repeatedKeys(data []byte) []Problem {
	w := keyWalker{json.NewDecoder(bytes.NewReader(data)), nil}
	w.decoder.UseNumber()
	w.value("/data")
	return w.wrong
}

type keyWalker struct {
	decoder *json.Decoder
	wrong   []Problem
}

func (w *keyWalker) value(at string) {
	switch w.token() {
	case json.Delim('{'):
		w.object(at)
	case json.Delim('['):
		for i := 0; w.decoder.More(); i++ {
			w.value(at + "/" + strconv.Itoa(i))
		}
		w.token()
	}
}

func (w *keyWalker) object(at string) {
	seen := map[string]bool{}
	for w.decoder.More() {
		key, _ := w.token().(string)
		if folded := strings.ToLower(key); seen[folded] {
			w.wrong = append(w.wrong, Problem{at, "has the field " + strconv.Quote(key) + " twice"})
		} else {
			seen[folded] = true
		}
		if foreign(key) {
			w.skip()
			continue
		}
		w.value(at + "/" + pointerToken(key))
	}
	w.token()
}

func foreign(key string) bool { return key == "documents" || key == "document" || key == "catalog" }

// token gives the next token; nil at the end, which valid JSON reaches only
// where it is expected.
func (w *keyWalker) token() json.Token {
	t, err := w.decoder.Token()
	if err != nil {
		return nil
	}
	return t
}

// skip passes over a value.
func (w *keyWalker) skip() {
	var passed json.RawMessage
	_ = w.decoder.Decode(&passed) // valid JSON, as all of the data is
}
