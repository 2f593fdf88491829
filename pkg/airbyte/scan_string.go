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

// scanUTF8 passes over the non-ASCII characters from b[i] on. The bounds are
// those of RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
func scanUTF8(b []byte, i int) (int, Problem) {
	for i <= len(b)-4 {
		x := load32(b, i) // the first byte lowest
		switch {
		case x&0x80 == 0:
			return i, ProblemNone
		case x&0xc0e0 == 0x80c0 && x&0x1e != 0:
			i += 2
		case x&0xc0c0f0 == 0x8080e0 && x&0x200f != 0 && x&0x200f != 0x200d:
			i += 3
		default:
			_, n := utf8.DecodeRune(b[i:])
			if n == 1 {
				return i, ProblemUTF8
			}
			i += n
		}
	}
	return scanLastUTF8(b, i)
}

// scanLastUTF8 is scanUTF8 for the last bytes of a line.
func scanLastUTF8(b []byte, i int) (int, Problem) {
	for i < len(b) && b[i] >= 0x80 {
		_, n := utf8.DecodeRune(b[i:])
		if n == 1 {
			if !utf8.FullRune(b[i:]) {
				return len(b), ProblemTruncated
			}
			return i, ProblemUTF8
		}
		i += n
	}
	return i, ProblemNone
}
