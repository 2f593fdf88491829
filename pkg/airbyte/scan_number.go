package airbyte

import (
	"math/bits"
)

// scanNumber finds the end of the number whose first digit is b[i], a minus
// sign being passed already. Size and precision are no matter of grammar:
// 1e400 and integers of 30 digits are numbers.
func scanNumber(b []byte, i int) (int, Problem) {
	start := i
	i = skipDigits(b, i)
	if b[start] == '0' && i > start+1 {
		return start, ProblemNumber
	}
	if i < len(b) && b[i] == '.' {
		var p Problem
		if i, p = someDigits(b, i+1); p != ProblemNone {
			return i, p
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		return scanExponent(b, i+1)
	}
	return i, ProblemNone
}

func scanExponent(b []byte, i int) (int, Problem) {
	if i < len(b) && (b[i] == '+' || b[i] == '-') {
		i++
	}
	return someDigits(b, i)
}

// someDigits wants at least one digit at b[i].
func someDigits(b []byte, i int) (int, Problem) {
	end := skipDigits(b, i)
	switch {
	case end > i:
		return end, ProblemNone
	case i >= len(b):
		return len(b), ProblemTruncated
	}
	return i, ProblemNumber
}

func skipDigits(b []byte, i int) int {
	for i+8 <= len(b) {
		x := load(b, i) ^ '0'*ones
		if m := (x + 0x76*ones | x) & highs; m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
		i += 8
	}
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	return i
}

// scanRare finds the end of what starts at b[i] and is neither string,
// container nor plain number: a literal, a negative number, or a mistake.
func scanRare(b []byte, i int) (int, Problem) {
	switch b[i] {
	case 't':
		return scanWord(b, i, "true", ProblemNone)
	case 'f':
		return scanWord(b, i, "false", ProblemNone)
	case 'n':
		return scanWord(b, i, "null", ProblemNone)
	case 'N':
		return scanWord(b, i, "NaN", ProblemNotFinite)
	case 'I':
		return scanWord(b, i, "Infinity", ProblemNotFinite)
	case '-':
		return scanNegative(b, i)
	case '+', '.':
		return i, ProblemNumber
	}
	return i, ProblemSyntax
}

// scanWord wants word at b[i]. Where the word itself is the problem, it is
// found at i.
func scanWord(b []byte, i int, word string, p Problem) (int, Problem) {
	rest := b[i:]
	switch {
	case len(rest) >= len(word) && string(rest[:len(word)]) == word:
		if p != ProblemNone {
			return i, p
		}
		return i + len(word), ProblemNone
	case len(rest) < len(word) && string(rest) == word[:len(rest)]:
		return len(b), ProblemTruncated
	}
	return i, ProblemSyntax
}

func scanNegative(b []byte, i int) (int, Problem) {
	switch {
	case i+1 >= len(b):
		return len(b), ProblemTruncated
	case b[i+1]-'0' <= 9:
		return scanNumber(b, i+1)
	case b[i+1] == 'I':
		return scanWord(b, i+1, "Infinity", ProblemNotFinite)
	}
	return i, ProblemNumber
}
