package airbyte

import (
	"math/bits"
	"unicode/utf8"
)

// scanString finds the end of a string whose opening quote is before b[i]: the
// index after its closing quote. Escaped surrogates need not come in pairs.
func scanString(b []byte, i int) (int, Problem) {
	for {
		for i+8 <= len(b) {
			m := special(load(b, i))
			if m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
			i += 8
		}
		if uint(i) >= uint(len(b)) {
			return len(b), ProblemTruncated
		}
		c := b[i]
		p := ProblemNone
		switch {
		case c == '"':
			return i + 1, ProblemNone
		case c == '\\':
			i, p = scanEscape(b, i)
		case c >= 0x80:
			i, p = scanUTF8(b, i)
		case c < 0x20:
			p = ProblemControl
		default:
			i++
		}
		if p != ProblemNone {
			return i, p
		}
	}
}

// scanEscape gives the index after the escape that starts at b[i].
func scanEscape(b []byte, i int) (int, Problem) {
	if i+1 >= len(b) {
		return len(b), ProblemTruncated
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2, ProblemNone
	case 'u':
		for j := i + 2; j < i+6; j++ {
			if j >= len(b) {
				return len(b), ProblemTruncated
			}
			if unhex(b[j]) < 0 {
				return i, ProblemEscape
			}
		}
		return i + 6, ProblemNone
	}
	return i, ProblemEscape
}

func unhex(c byte) rune {
	switch {
	case c-'0' <= 9:
		return rune(c - '0')
	case c|0x20-'a' <= 5:
		return rune(c|0x20-'a') + 10
	}
	return -1
}

// scanUTF8 passes over the non-ASCII characters from b[i] on.
func scanUTF8(b []byte, i int) (int, Problem) {
	for i < len(b) && b[i] >= 0x80 {
		n := runeLen(b[i:])
		if n <= 0 {
			if n < 0 {
				return len(b), ProblemTruncated
			}
			return i, ProblemUTF8
		}
		i += n
	}
	return i, ProblemNone
}

// runeLen measures the non-ASCII character at the start of b: 0 if it is not
// UTF-8, -1 if b ends within it. The bounds are those of RFC 3629: no overlong
// forms, no surrogates, nothing above U+10FFFF.
func runeLen(b []byte) int {
	if len(b) >= 3 {
		switch c := b[0]; {
		case c >= 0xc2 && c <= 0xdf && b[1]&0xc0 == 0x80:
			return 2
		case c >= 0xe1 && c <= 0xec && b[1]&0xc0 == 0x80 && b[2]&0xc0 == 0x80:
			return 3
		}
	}
	if !utf8.FullRune(b) {
		return -1
	}
	if _, n := utf8.DecodeRune(b); n > 1 {
		return n
	}
	return 0
}
