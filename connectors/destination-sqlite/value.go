package main

import (
	"math"
	"strconv"

	"knelt.dev/connectors/internal/load"
	"knelt.dev/pkg/airbyte"
)

// stored gives what is stored for a value of data in a column of the kind.
//
// In a TEXT column everything but strings is load.Kept as it is written in JSON; so
// is everything but numbers in a JSON column. Elsewhere booleans are 1 and 0,
// objects and arrays their JSON, and numbers are numbers.
func stored(line []byte, v airbyte.Span, k load.Kind) (any, load.Change) {
	raw := v.Of(line)
	switch c := raw[0]; {
	case c == 'n':
		return nil, load.Kept
	case c == '"' && k != document:
		return unquoted(raw[1 : len(raw)-1]), load.Kept
	case c == '"' || c == '{' || c == '[' || k == text:
		return string(raw), load.Kept
	case (c == 't' || c == 'f') && k == document:
		return string(raw), load.Kept
	case c == 't':
		return int64(1), load.Kept
	case c == 'f':
		return int64(0), load.Kept
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
// one of them. Another one is load.Kept as its text, unless the column would make a
// double of that: then it is the nearest double, or NULL beyond all doubles, and
// the record's changes say so.
func storedNumber(raw []byte, k load.Kind) (any, load.Change) {
	if n, ok := load.SmallInteger(raw); ok {
		return n, load.Kept
	}
	digits := string(raw)
	if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
		if f := float64(n); isReal(k) && (f >= math.MaxInt64 || int64(f) != n) {
			return f, load.Truncated
		}
		return n, load.Kept
	}
	f, err := strconv.ParseFloat(digits, 64)
	whole := isWhole(raw)
	switch {
	case (whole || err != nil) && !numeric(k):
		return digits, load.Kept
	case err != nil:
		return nil, load.Nulled
	case whole && strconv.FormatFloat(f, 'f', 0, 64) != digits:
		return f, load.Truncated
	}
	return f, load.Kept
}

func isWhole(raw []byte) bool {
	for _, c := range raw {
		if c == '.' || c == 'e' || c == 'E' {
			return false
		}
	}
	return true
}
