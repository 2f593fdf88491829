package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"unsafe"

	"knelt.dev/pkg/airbyte"
)

// The functions here write a value from the text that PostgreSQL gives under the
// session's settings. They reflect on nothing and allocate nothing.

func appendRaw(dst, text []byte) ([]byte, bool) { return append(dst, text...), true }

func appendNull(dst []byte) []byte { return append(dst, "null"...) }

func appendBool(dst, text []byte) ([]byte, bool) {
	if text[0] == 't' {
		return append(dst, "true"...), true
	}
	return append(dst, "false"...), true
}

// appendNumber keeps all digits: PostgreSQL's numbers are JSON's, but for NaN and
// the infinities.
func appendNumber(dst, text []byte) ([]byte, bool) {
	if isEndless(text) {
		return appendNull(dst), false
	}
	return append(dst, text...), true
}

// isEndless tells NaN, Infinity and -Infinity, of numbers and of times.
func isEndless(text []byte) bool {
	first := bytes.TrimPrefix(text, []byte("-"))
	return len(first) > 0 && (first[0] == 'N' || first[0] == 'I' || first[0] == 'i')
}

// appendRawText is for texts that hold nothing to escape.
func appendRawText(dst, text []byte) ([]byte, bool) {
	dst = append(dst, '"')
	dst = append(dst, text...)
	return append(dst, '"'), true
}

func appendText(dst, text []byte) ([]byte, bool) {
	if isPlain(text) {
		return appendRawText(dst, text)
	}
	return airbyte.AppendString(dst, unsafe.String(unsafe.SliceData(text), len(text))), true
}

// isPlain tells a text of ASCII without anything to escape. It looks at eight bytes
// at once: of x-0x20 each byte below a blank borrows into its highest bit, and a
// byte that equals c is zero in x^c, of which x-0x01 does the same.
func isPlain(text []byte) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	for len(text) >= 8 {
		x := binary.LittleEndian.Uint64(text)
		quote, slash := x^(ones*'"'), x^(ones*'\\')
		if (x|(x-ones*0x20)|(quote-ones)|(slash-ones))&high != 0 {
			return false
		}
		text = text[8:]
	}
	for _, c := range text {
		if c < ' ' || c >= 0x80 || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// appendJSON keeps a document as it is; line breaks can only stand between its
// parts.
func appendJSON(dst, text []byte) ([]byte, bool) {
	start := len(dst)
	dst = append(dst, text...)
	for i, c := range dst[start:] {
		if c == '\n' || c == '\r' {
			dst[start+i] = ' '
		}
	}
	return dst, true
}

// appendBytea turns hexadecimal digits into base64. The bytes themselves are put
// behind the place of the base64 for a moment.
func appendBytea(dst, text []byte) ([]byte, bool) {
	digits := bytes.TrimPrefix(text, []byte(`\x`))
	size := base64.StdEncoding.EncodedLen(len(digits) / 2)
	dst = append(dst, '"')
	at := len(dst)
	dst = slices.Grow(dst, size+len(digits)/2+1)
	raw, err := hex.AppendDecode(dst[at+size:at+size], digits)
	if err != nil {
		return appendNull(dst[:at-1]), false
	}
	base64.StdEncoding.Encode(dst[at:at+size], raw)
	return append(dst[:at+size], '"'), true
}

func appendDate(dst, text []byte) ([]byte, bool) {
	if isEndless(text) {
		return appendNull(dst), false
	}
	return appendRawText(dst, text)
}

// appendTimestamp writes 2024-01-31T10:00:00.5, with Z where there is a zone,
// which is UTC's. A year before Christ keeps its " BC" at the end.
func appendTimestamp(dst, text []byte) ([]byte, bool) {
	if isEndless(text) {
		return appendNull(dst), false
	}
	date, rest, _ := bytes.Cut(text, []byte(" "))
	rest, era, _ := bytes.Cut(rest, []byte(" "))
	clock, zoned := bytes.CutSuffix(rest, []byte("+00"))
	dst = append(dst, '"')
	dst = append(dst, date...)
	dst = append(dst, 'T')
	dst = append(dst, clock...)
	if zoned {
		dst = append(dst, 'Z')
	}
	if len(era) > 0 {
		dst = append(append(dst, ' '), era...)
	}
	return append(dst, '"'), true
}

// appendTimeTZ gives a zone of hours its minutes: 10:00:00+02:00.
func appendTimeTZ(dst, text []byte) ([]byte, bool) {
	dst = append(dst, '"')
	dst = append(dst, text...)
	if at := bytes.LastIndexAny(text, "+-"); at >= 0 && len(text)-at == len("+02") {
		dst = append(dst, ":00"...)
	}
	return append(dst, '"'), true
}
