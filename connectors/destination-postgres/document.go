package main

import "bytes"

const (
	// maxField is how many bytes a value may have: an array or object of jsonb
	// can have 256 MB.
	maxField = 250 << 20
	// maxDepth is how deep a document may be nested: the server's stack, by
	// default, is good for some thousands.
	maxDepth = 1000
)

// appendDocument writes JSON for a column of jsonb. What the server cannot hold in one
// is taken out: the character \u0000, and half of a surrogate pair, which becomes
// U+FFFD as in texts.
func appendDocument(dst, raw []byte, scratch *[]byte) ([]byte, outcome) {
	if len(raw) > maxField || !fitsDocument(raw) {
		return refused(dst, tooBig)
	}
	if bytes.Contains(raw, []byte(`\u`)) {
		var removed bool
		*scratch, removed = cleaned((*scratch)[:0], raw)
		if removed {
			return escaped(dst, *scratch), unsaid
		}
		raw = *scratch
	}
	return escaped(dst, raw), kept
}

// fitsDocument tells whether a document is not too deep, and its numbers are
// numerics.
func fitsDocument(raw []byte) bool {
	depth := 0
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '"':
			i = endOfString(raw, i)
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return false
			}
		case c == '}' || c == ']':
			depth--
		case c == '-' || ('0' <= c && c <= '9'):
			end := i
			for end < len(raw) && isOfNumber(raw[end]) {
				end++
			}
			if !fitsNumeric(raw[i:end]) {
				return false
			}
			i = end - 1
		}
	}
	return true
}

func isOfNumber(c byte) bool {
	return ('0' <= c && c <= '9') || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E'
}

// endOfString gives the place of the closing quote of the string that opens at i.
func endOfString(raw []byte, i int) int {
	for i++; i < len(raw) && raw[i] != '"'; i++ {
		if raw[i] == '\\' {
			i++
		}
	}
	return i
}

// cleaned copies JSON without its \u0000 and with \ufffd for lone surrogates.
func cleaned(dst, raw []byte) (out []byte, removed bool) {
	for {
		n := bytes.IndexByte(raw, '\\')
		if n < 0 || n+1 >= len(raw) {
			return append(dst, raw...), removed
		}
		dst, raw = append(dst, raw[:n]...), raw[n:]
		if raw[1] != 'u' {
			dst, raw = append(dst, raw[:2]...), raw[2:]
			continue
		}
		size := 6
		switch unit := codeUnit(raw); {
		case unit == 0:
			removed = true
		case unit>>10 == 0xd800>>10 && codeUnit(raw[6:])>>10 == 0xdc00>>10:
			size = 12
			dst = append(dst, raw[:size]...)
		case unit>>11 == 0xd800>>11:
			dst = append(dst, `\ufffd`...)
		default:
			dst = append(dst, raw[:size]...)
		}
		raw = raw[size:]
	}
}

// codeUnit reads the \uXXXX at the beginning; -1 if there is none.
func codeUnit(raw []byte) int {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return -1
	}
	unit := 0
	for _, c := range raw[2:6] {
		switch {
		case '0' <= c && c <= '9':
			unit = unit<<4 | int(c-'0')
		default:
			unit = unit<<4 | int(c|0x20-'a'+10)
		}
	}
	return unit
}
