package main

import (
	"bytes"
	"strconv"
)

// Limits of numeric: digits before and behind the point (PostgreSQL's
// documentation, 8.1.2).
const (
	maxBefore = 131072
	maxBehind = 16383
)

// isNumber tells a number of JSON.
func isNumber(text []byte) bool {
	text = bytes.TrimPrefix(text, []byte("-"))
	whole := digitsOf(text)
	if whole == 0 || (whole > 1 && text[0] == '0') {
		return false
	}
	text = text[whole:]
	if rest, ok := bytes.CutPrefix(text, []byte(".")); ok {
		n := digitsOf(rest)
		if n == 0 {
			return false
		}
		text = rest[n:]
	}
	if len(text) == 0 {
		return true
	}
	if text[0] != 'e' && text[0] != 'E' {
		return false
	}
	text = text[1:]
	if len(text) > 0 && (text[0] == '+' || text[0] == '-') {
		text = text[1:]
	}
	return len(text) > 0 && digitsOf(text) == len(text)
}

// digitsOf counts the digits at the beginning.
func digitsOf(text []byte) int {
	n := 0
	for n < len(text) && '0' <= text[n] && text[n] <= '9' {
		n++
	}
	return n
}

// fitsNumeric tells whether numeric holds a number of JSON with all its digits.
func fitsNumeric(number []byte) bool {
	mantissa, power, hasPower := number, []byte(nil), false
	if at := bytes.IndexAny(number, "eE"); at >= 0 {
		mantissa, power, hasPower = number[:at], number[at+1:], true
	}
	exponent := 0
	if hasPower {
		var err error
		if exponent, err = strconv.Atoi(string(power)); err != nil || exponent > maxBefore || exponent < -maxBehind {
			return false
		}
	}
	whole, fraction, _ := bytes.Cut(bytes.TrimPrefix(mantissa, []byte("-")), []byte("."))
	return len(whole)+exponent <= maxBefore && len(fraction)-exponent <= maxBehind
}
