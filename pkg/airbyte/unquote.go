package airbyte

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// Unquote appends to dst what raw means: the contents of a JSON string, such as
// Stream or a key of Members, without its escapes. A lone surrogate becomes
// U+FFFD, as in encoding/json. The string must be valid; what is no escape is
// appended as it stands.
func Unquote(dst, raw []byte) []byte {
	for {
		n := bytes.IndexByte(raw, '\\')
		if n < 0 {
			return append(dst, raw...)
		}
		dst = append(dst, raw[:n]...)
		raw = raw[n:]
		r, n := unescape(raw)
		if r < 0 {
			dst = append(dst, raw[:n]...)
		} else {
			dst = utf8.AppendRune(dst, r)
		}
		raw = raw[n:]
	}
}

// unescape gives the character of the escape that raw starts with and the
// length of the escape; -1 for the character if it is no escape.
func unescape(raw []byte) (rune, int) {
	if len(raw) < 2 {
		return -1, len(raw)
	}
	switch raw[1] {
	case '"', '\\', '/':
		return rune(raw[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		return unescapeUnicode(raw)
	}
	return -1, 2
}

func unescapeUnicode(raw []byte) (rune, int) {
	r := codeUnit(raw)
	if r < 0 {
		return -1, 2
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if pair := utf16.DecodeRune(r, codeUnit(raw[6:])); pair != utf8.RuneError {
		return pair, 12
	}
	return utf8.RuneError, 6
}

// codeUnit reads the \uXXXX that raw starts with, -1 if there is none.
func codeUnit(raw []byte) rune {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return -1
	}
	var r rune
	for _, c := range raw[2:6] {
		h := unhex(c)
		if h < 0 {
			return -1
		}
		r = r<<4 | h
	}
	return r
}
