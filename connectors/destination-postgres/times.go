package main

import (
	"bytes"
	"time"
)

// The functions here tell texts that the server reads as what they seem to be. They
// are stricter than the server: of a date with the 30th of February it would say no,
// and words such as "tomorrow" it would understand.

// isDate tells 2024-02-29, with " BC" behind it for years before Christ.
func isDate(text []byte) bool {
	text, before := bytes.CutSuffix(text, []byte(" BC"))
	n, ok := dateLength(text, before)
	return ok && n == len(text)
}

// dateLength measures the date at the beginning of a text. Years have four digits
// or more.
func dateLength(text []byte, before bool) (n int, ok bool) {
	n = digitsOf(text)
	if n < 4 || n > 6 || len(text) < n+6 || text[n] != '-' || text[n+3] != '-' {
		return 0, false
	}
	year, month, day := number(text[:n]), number(text[n+1:n+3]), number(text[n+4:n+6])
	if digitsOf(text[n+1:n+3]) < 2 || digitsOf(text[n+4:n+6]) < 2 || year < 1 || year > 290_000 || (before && year > 4700) {
		return 0, false
	}
	if before {
		year = 1 - year
	}
	return n + 6, month >= 1 && month <= 12 && day >= 1 && day <= time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func number(digits []byte) int {
	n := 0
	for _, c := range digits {
		n = n*10 + int(c-'0')
	}
	return n
}

// timeLength measures 10:00, 10:00:00 or 10:00:00.123456 at the beginning of a
// text.
func timeLength(text []byte) (n int, ok bool) {
	if !isTwo(text, 23) || len(text) < 5 || text[2] != ':' || !isTwo(text[3:], 59) {
		return 0, false
	}
	n = 5
	if len(text) > n && text[n] == ':' {
		if !isTwo(text[n+1:], 59) {
			return 0, false
		}
		n += 3
		if len(text) > n && text[n] == '.' {
			digits := digitsOf(text[n+1:])
			if digits == 0 {
				return 0, false
			}
			n += 1 + digits
		}
	}
	return n, true
}

// isTwo tells whether a text begins with a number of two digits up to most.
func isTwo(text []byte, most int) bool {
	return len(text) >= 2 && digitsOf(text[:2]) == 2 && number(text[:2]) <= most
}

// isZone tells Z, +02, +0200, +02:00 and +02:00:00.
func isZone(text []byte) bool {
	if string(text) == "Z" || string(text) == "z" {
		return true
	}
	if len(text) < 3 || (text[0] != '+' && text[0] != '-') || !isTwo(text[1:], 14) {
		return false
	}
	for text = text[3:]; len(text) > 0; text = text[2:] {
		text = bytes.TrimPrefix(text, []byte(":"))
		if !isTwo(text, 59) {
			return false
		}
	}
	return true
}

func isTime(text []byte) bool {
	n, ok := timeLength(text)
	return ok && n == len(text)
}

// isTimeTZ wants a zone: that of the server is not meant.
func isTimeTZ(text []byte) bool {
	n, ok := timeLength(text)
	return ok && isZone(text[n:])
}

// splitTimestamp cuts a time with its date into these and what follows, the zone.
// A date alone is its midnight.
func splitTimestamp(text []byte) (zone []byte, ok bool) {
	text, before := bytes.CutSuffix(text, []byte(" BC"))
	n, ok := dateLength(text, before)
	if !ok || n == len(text) {
		return nil, ok
	}
	if c := text[n]; c != 'T' && c != 't' && c != ' ' {
		return nil, false
	}
	clock := text[n+1:]
	n, ok = timeLength(clock)
	return clock[n:], ok
}

// isTimestampTZ takes a time without a zone for one of UTC, the session's.
func isTimestampTZ(text []byte) bool {
	zone, ok := splitTimestamp(text)
	return ok && (len(zone) == 0 || isZone(zone))
}

// appendTimestamp is for times without a zone. One that has a zone is put to UTC; the
// server would leave the zone out.
func appendTimestamp(dst, raw []byte, scratch *[]byte) ([]byte, outcome) {
	value := unquoted(raw, scratch)
	zone, ok := splitTimestamp(value)
	switch {
	case raw[0] != '"' || !ok || (len(zone) > 0 && !isZone(zone)):
		return refused(dst, typecast)
	case len(zone) == 0 || zone[0] == 'Z' || zone[0] == 'z':
		return append(dst, value...), kept
	}
	at, err := time.Parse(time.RFC3339Nano, string(value))
	if err != nil || at.UTC().Year() < 1 {
		return refused(dst, typecast)
	}
	return at.UTC().AppendFormat(dst, "2006-01-02 15:04:05.999999"), kept
}

// isUUID tells the usual form of 36 characters.
func isUUID(text []byte) bool {
	if len(text) != 36 {
		return false
	}
	for i, c := range text {
		hyphen := i == 8 || i == 13 || i == 18 || i == 23
		digit := ('0' <= c && c <= '9') || ('a' <= c|0x20 && c|0x20 <= 'f')
		if hyphen != (c == '-') || (!hyphen && !digit) {
			return false
		}
	}
	return true
}
