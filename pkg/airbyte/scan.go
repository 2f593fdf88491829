package airbyte

import "math/bits"

// MaxDepth is how deep objects and arrays of a line may be nested, the message
// itself being the first level. It is encoding/json's limit, so that a line
// which Classify accepts can also be decoded.
const MaxDepth = 10_000

// levels is how many containers one call of scanValue keeps open: a bit each.
const levels = 64

// scanValue finds the end of the JSON value that starts at b[i], blanks before
// it allowed, and checks all of it. depth is the number of containers around
// the value. On a problem it gives the place of it instead of the end.
//
// It is one function with jumps, because its speed is that of the whole
// relay: calls would make the compiler spill its handful of variables, and
// separate states for keys and values let the processor predict each of them
// by itself.
//
//nolint:gocognit,funlen // one function with jumps, for the reason above
func scanValue(b []byte, i, depth int) (int, Problem) {
	var (
		open  uint64 // bit 0 is the innermost container: 1 for an object
		level int
		c     byte
		p     Problem
	)

value:
	if uint(i) >= uint(len(b)) {
		return i, ProblemTruncated
	}
	c = b[i]
	switch {
	case c == '"':
		i++
		if i+16 <= len(b) {
			n := plain16(b, i)
			i += n
			if n < 16 && b[i] == '"' {
				i++
				goto after
			}
		}
		if i, p = scanString(b, i); p != ProblemNone {
			return i, p
		}
		goto after
	case c-'0' <= 9:
		if i, p = scanNumber(b, i); p != ProblemNone {
			return i, p
		}
		goto after
	case c == '{':
		if level == levels {
			goto deeper
		}
		if depth+level >= MaxDepth {
			return i, ProblemDepth
		}
		level++
		open = open<<1 | 1
		i = skipBlanks(b, i+1)
		if i < len(b) && b[i] == '}' {
			goto pop
		}
		goto key
	case c == '[':
		if level == levels {
			goto deeper
		}
		if depth+level >= MaxDepth {
			return i, ProblemDepth
		}
		level++
		open <<= 1
		i = skipBlanks(b, i+1)
		if i < len(b) && b[i] == ']' {
			goto pop
		}
		goto value
	case isBlank(c):
		i++
		goto value
	}
	if i, p = scanRare(b, i); p != ProblemNone {
		return i, p
	}

after:
	if level == 0 {
		return i, ProblemNone
	}
next:
	if i >= len(b) {
		return i, ProblemTruncated
	}
	c = b[i]
	switch {
	case c == ',':
		i++
		if open&1 == 0 {
			goto value
		}
		goto key
	case c == '}' && open&1 == 1:
		goto pop
	case c == ']' && open&1 == 0:
		goto pop
	case isBlank(c):
		i++
		goto next
	}
	return i, ProblemSyntax

pop:
	i++
	level--
	open >>= 1
	goto after

key:
	if uint(i) >= uint(len(b)) {
		return i, ProblemTruncated
	}
	if b[i] != '"' {
		if isBlank(b[i]) {
			i++
			goto key
		}
		return i, ProblemSyntax
	}
	i++
	if i+16 <= len(b) {
		n := plain16(b, i)
		i += n
		if n < 16 && b[i] == '"' {
			i++
			goto colon
		}
	}
	if i, p = scanString(b, i); p != ProblemNone {
		return i, p
	}
colon:
	if i >= len(b) {
		return i, ProblemTruncated
	}
	if b[i] == ':' {
		i++
		goto value
	}
	if isBlank(b[i]) {
		i++
		goto colon
	}
	return i, ProblemSyntax

deeper:
	if i, p = scanValue(b, i, depth+level); p != ProblemNone {
		return i, p
	}
	goto after
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

func skipBlanks(b []byte, i int) int {
	for i < len(b) && isBlank(b[i]) {
		i++
	}
	return i
}

const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// special marks, by the highest bit of a byte, the first byte of x that does not
// stand for itself in a string: quote, backslash, control character, or a part
// of a non-ASCII character. Marks after the first one may be false.
func special(x uint64) uint64 {
	// A byte xor 2 is below 0x21 for the quote and all below 0x20, and only these.
	// Those from 0x80 on keep their highest bit in one difference at least.
	return (((x ^ 0x02*ones) - 0x21*ones) | ((x ^ 0x5c*ones) - ones)) & highs
}

// plain16 counts the bytes before the first special one of the 16 from b[i] on,
// which the caller has made sure of.
func plain16(b []byte, i int) int {
	m := special(load(b, i))
	h := special(load(b, i+8))
	n := bits.TrailingZeros64(m) >> 3
	return n + bits.TrailingZeros64(h)>>3&-(n>>3)
}
