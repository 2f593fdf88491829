package airbyte

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// appendText writes s as a JSON string. Invalid UTF-8 becomes U+FFFD. U+2028
// and U+2029 are escaped: some readers take them for the end of a line.
func appendText(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		size := plainAt(s, i)
		if size > 0 {
			i += size
			continue
		}
		dst = append(dst, s[from:i]...)
		r, size := utf8.DecodeRuneInString(s[i:])
		dst = appendEscaped(dst, r)
		i += size
		from = i
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}

// plainAt gives the length of the character at i if it needs no escape, else 0.
func plainAt(s string, i int) int {
	if c := s[i]; c < utf8.RuneSelf {
		if c < ' ' || c == '"' || c == '\\' {
			return 0
		}
		return 1
	}
	r, size := utf8.DecodeRuneInString(s[i:])
	if r == utf8.RuneError && size == 1 || r == '\u2028' || r == '\u2029' {
		return 0
	}
	return size
}

func appendEscaped(dst []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	case utf8.RuneError:
		return append(dst, "\ufffd"...)
	}
	return append(dst, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}

// appendOneLine writes valid JSON, without its line breaks if it has any: one
// message is one line.
func appendOneLine(dst, raw []byte) []byte {
	if bytes.IndexByte(raw, '\n') < 0 && bytes.IndexByte(raw, '\r') < 0 {
		return append(dst, raw...)
	}
	out := bytes.NewBuffer(dst)
	if err := json.Compact(out, raw); err != nil {
		panic("airbyte: appendOneLine of JSON that was not checked: " + err.Error())
	}
	return out.Bytes()
}

// AppendString appends s as a JSON string, as the encoder writes it.
func AppendString(dst []byte, s string) []byte { return appendText(dst, s) }
