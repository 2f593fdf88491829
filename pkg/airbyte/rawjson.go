package airbyte

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// rawMember is one member of a JSON object: start is where its key begins in
// the object's bytes, end where its value ends.
type rawMember struct {
	name       []byte
	value      json.RawMessage
	start, end int
}

// checkJSON tells whether data is one JSON value in valid UTF-8. Its error
// gives the place and never the text.
func checkJSON(data []byte) error {
	if !json.Valid(data) {
		return fmt.Errorf("not valid JSON%s", syntaxPlace(data))
	}
	if !utf8.Valid(data) {
		return fmt.Errorf("not valid UTF-8")
	}
	return nil
}

func syntaxPlace(data []byte) string {
	var value json.RawMessage
	var syntax *json.SyntaxError
	if errors.As(json.Unmarshal(data, &value), &syntax) {
		return fmt.Sprintf(" (byte %d)", syntax.Offset)
	}
	return ""
}

// eachMember calls f for each member of obj, which must be valid JSON and an
// object. Names are without quotes and unescaped; values are parts of obj.
func eachMember(obj []byte, f func(rawMember) error) error {
	i := skipBlank(obj, 0) + 1
	for i = skipBlank(obj, i); obj[i] != '}'; i = skipBlank(obj, i) {
		if obj[i] == ',' {
			i = skipBlank(obj, i+1)
		}
		m := rawMember{start: i}
		i = endOfValue(obj, i)
		m.name = memberName(obj[m.start:i])
		i = skipBlank(obj, skipBlank(obj, i)+1)
		m.end = endOfValue(obj, i)
		m.value = obj[i:m.end:m.end]
		i = m.end
		if err := f(m); err != nil {
			return err
		}
	}
	return nil
}

// visitMembers is eachMember for an f that cannot fail.
func visitMembers(obj []byte, f func(rawMember)) {
	//nolint:errcheck // it has no error but f's
	eachMember(obj, func(m rawMember) error {
		f(m)
		return nil
	})
}

// eachElement calls f for each element of array, which must be valid JSON and
// an array.
func eachElement(array []byte, f func(i int, value json.RawMessage) error) error {
	n, i := 0, skipBlank(array, 0)+1
	for i = skipBlank(array, i); array[i] != ']'; i = skipBlank(array, i) {
		if array[i] == ',' {
			i = skipBlank(array, i+1)
		}
		end := endOfValue(array, i)
		if err := f(n, array[i:end:end]); err != nil {
			return err
		}
		i, n = end, n+1
	}
	return nil
}

func memberName(quoted []byte) []byte {
	name := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(name, '\\') < 0 {
		return name
	}
	return []byte(unquote(quoted))
}

// unquote gives the text of a valid JSON string. A lone surrogate becomes
// U+FFFD, as with encoding/json.
func unquote(quoted []byte) string {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1 : len(quoted)-1])
	}
	var text string
	if err := json.Unmarshal(quoted, &text); err != nil {
		panic("airbyte: unquote of a string that was not checked: " + err.Error())
	}
	return text
}

func skipBlank(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r') {
		i++
	}
	return i
}

// endOfValue gives the index after the value that starts at i of valid JSON.
func endOfValue(b []byte, i int) int {
	switch b[i] {
	case '"':
		return endOfString(b, i)
	case '{', '[':
		return endOfNest(b, i)
	}
	for i < len(b) && !endsScalar(b[i]) {
		i++
	}
	return i
}

func endsScalar(c byte) bool {
	switch c {
	case ',', ']', '}', ' ', '\t', '\r', '\n':
		return true
	}
	return false
}

func endOfString(b []byte, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i + 1
}

func endOfNest(b []byte, i int) int {
	for depth := 0; ; i++ {
		switch b[i] {
		case '"':
			i = endOfString(b, i) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
}

func isNull(value []byte) bool { return string(value) == "null" }
