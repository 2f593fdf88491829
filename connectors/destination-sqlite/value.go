package main

import (
	"math"
	"strconv"

	"knelt.dev/pkg/airbyte"
)

// change is what became of a value that its column cannot hold, in the words of
// a record's meta.changes.
type change string

const (
	kept      change = ""
	nulled    change = "NULLED"
	truncated change = "TRUNCATED"
)

// stored gives what is stored for a value of data in a column of the kind.
//
// In a TEXT column everything but strings is kept as it is written in JSON; so
// is everything but numbers in a JSON column. Elsewhere booleans are 1 and 0,
// objects and arrays their JSON, and numbers are numbers.
func stored(line []byte, v airbyte.Span, k kind) (any, change) {
	raw := v.Of(line)
	switch c := raw[0]; {
	case c == 'n':
		return nil, kept
	case c == '"' && k != document:
		return unquoted(raw[1 : len(raw)-1]), kept
	case c == '"' || c == '{' || c == '[' || k == text:
		return string(raw), kept
	case (c == 't' || c == 'f') && k == document:
		return string(raw), kept
	case c == 't':
		return int64(1), kept
	case c == 'f':
		return int64(0), kept
	}
	return storedNumber(raw, k)
}

func unquoted(raw []byte) string {
	for _, c := range raw {
		if c == '\\' {
			return string(airbyte.Unquote(nil, raw))
		}
	}
	return string(raw)
}

// storedNumber keeps a number as an integer of 64 bits or a double where it is
// one of them. Another one is kept as its text, unless the column would make a
// double of that: then it is the nearest double, or NULL beyond all doubles, and
// the record's changes say so.
func storedNumber(raw []byte, k kind) (any, change) {
	if n, ok := smallInteger(raw); ok {
		return n, kept
	}
	digits := string(raw)
	if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
		if f := float64(n); k.real() && (f >= math.MaxInt64 || int64(f) != n) {
			return f, truncated
		}
		return n, kept
	}
	f, err := strconv.ParseFloat(digits, 64)
	whole := isWhole(raw)
	switch {
	case (whole || err != nil) && !k.numeric():
		return digits, kept
	case err != nil:
		return nil, nulled
	case whole && strconv.FormatFloat(f, 'f', 0, 64) != digits:
		return f, truncated
	}
	return f, kept
}

// smallInteger reads integers of up to 15 digits, which are doubles too.
func smallInteger(raw []byte) (n int64, ok bool) {
	digits, negative := raw, raw[0] == '-'
	if negative {
		digits = raw[1:]
	}
	if len(digits) == 0 || len(digits) > 15 {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

func isWhole(raw []byte) bool {
	for _, c := range raw {
		if c == '.' || c == 'e' || c == 'E' {
			return false
		}
	}
	return true
}
