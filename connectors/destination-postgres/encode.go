package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strconv"

	"knelt.dev/connectors/internal/load"
	"knelt.dev/pkg/airbyte"
)

// null is NULL in COPY's text format.
const null = `\N`

func isNull(text []byte) bool { return string(text) == null }

// outcome tells that a value was changed since its column cannot hold it, and why.
type outcome struct {
	change load.Change
	reason string
}

var (
	kept     = outcome{}
	typecast = outcome{load.Nulled, "DESTINATION_TYPECAST_ERROR"}
	tooBig   = outcome{load.Nulled, "DESTINATION_FIELD_SIZE_LIMITATION"}
	// unsaid is a text without the characters that no text of the server holds.
	unsaid = outcome{load.Truncated, "DESTINATION_SERIALIZATION_ERROR"}
)

// encoder appends a value, JSON that is not null, in COPY's text format. What the
// server would refuse must not get there: one such value would fail all rows of a
// COPY. scratch is memory it may use.
type encoder func(dst, raw []byte, scratch *[]byte) ([]byte, outcome)

var encoders = map[load.Kind]encoder{
	bigint: ofInteger(64), integer: ofInteger(32), smallint: ofInteger(16),
	numeric: appendNumeric, float8: ofFloat(64), float4: ofFloat(32),
	boolean: appendBoolean, text: appendString, document: appendDocument, bytea: appendBytea, uuid: ofText(isUUID),
	date: ofText(isDate), timestamp: appendTimestamp, timestamptz: ofText(isTimestampTZ), timeOfDay: ofText(isTime), timetz: ofText(isTimeTZ),
}

// encoderOf gives the encoder for a type. A column of a type that is not ours gets
// texts.
func encoderOf(k load.Kind) encoder {
	if e, ok := encoders[k]; ok {
		return e
	}
	return appendString
}

func refused(dst []byte, o outcome) ([]byte, outcome) { return append(dst, null...), o }

// unquoted gives the content of a string; anything else as it stands.
func unquoted(raw []byte, scratch *[]byte) []byte {
	if raw[0] != '"' {
		return raw
	}
	content := raw[1 : len(raw)-1]
	if bytes.IndexByte(content, '\\') < 0 {
		return content
	}
	*scratch = airbyte.Unquote((*scratch)[:0], content)
	return *scratch
}

// ofInteger is for integers of so many bits. A string or a number with a point is
// one if it is whole.
func ofInteger(bits int) encoder {
	return func(dst, raw []byte, scratch *[]byte) ([]byte, outcome) {
		digits := unquoted(raw, scratch)
		if whole, fraction, ok := bytes.Cut(digits, []byte(".")); ok && len(bytes.Trim(fraction, "0")) == 0 && len(fraction) > 0 {
			digits = whole
		}
		if !isNumber(digits) {
			return refused(dst, typecast)
		}
		if bytes.ContainsAny(digits, ".eE") {
			f, err := strconv.ParseFloat(string(digits), 64)
			if err != nil || f != float64(int64(f)) || f > 1<<53 || f < -1<<53 {
				return refused(dst, typecast)
			}
			digits = strconv.AppendInt(nil, int64(f), 10)
		}
		if len(digits) > 4 {
			if _, err := strconv.ParseInt(string(digits), 10, bits); err != nil {
				return refused(dst, tooBig)
			}
		}
		return append(dst, digits...), kept
	}
}

func ofFloat(bits int) encoder {
	return func(dst, raw []byte, scratch *[]byte) ([]byte, outcome) {
		digits := unquoted(raw, scratch)
		if !isNumber(digits) {
			return refused(dst, typecast)
		}
		f, err := strconv.ParseFloat(string(digits), bits)
		if err != nil {
			return refused(dst, tooBig)
		}
		return strconv.AppendFloat(dst, f, 'g', -1, bits), kept
	}
}

func appendNumeric(dst, raw []byte, scratch *[]byte) ([]byte, outcome) {
	digits := unquoted(raw, scratch)
	switch {
	case !isNumber(digits):
		return refused(dst, typecast)
	case !fitsNumeric(digits):
		return refused(dst, tooBig)
	}
	return append(dst, digits...), kept
}

func appendBoolean(dst, raw []byte, scratch *[]byte) ([]byte, outcome) {
	switch string(unquoted(raw, scratch)) {
	case "true":
		return append(dst, 't'), kept
	case "false":
		return append(dst, 'f'), kept
	}
	return refused(dst, typecast)
}

// ofText is for texts of a certain form.
func ofText(is func(text []byte) bool) encoder {
	return func(dst, raw []byte, scratch *[]byte) ([]byte, outcome) {
		value := unquoted(raw, scratch)
		if raw[0] != '"' || !is(value) {
			return refused(dst, typecast)
		}
		return append(dst, value...), kept
	}
}

func appendBytea(dst, raw []byte, scratch *[]byte) ([]byte, outcome) {
	if raw[0] != '"' {
		return refused(dst, typecast)
	}
	value := unquoted(raw, scratch)
	if len(value) > maxField {
		return refused(dst, tooBig)
	}
	decoded, err := base64.StdEncoding.AppendDecode(nil, value)
	if err != nil {
		return refused(dst, typecast)
	}
	return hex.AppendEncode(append(dst, `\\x`...), decoded), kept
}

// appendString keeps a string, and everything else as it is written in JSON.
func appendString(dst, raw []byte, scratch *[]byte) ([]byte, outcome) {
	if len(raw) > maxField {
		return refused(dst, tooBig)
	}
	if raw[0] != '"' {
		return escaped(dst, raw), kept
	}
	content := raw[1 : len(raw)-1]
	if bytes.IndexByte(content, '\\') < 0 {
		return append(dst, content...), kept // JSON escapes all that COPY must
	}
	*scratch = airbyte.Unquote((*scratch)[:0], content)
	if bytes.IndexByte(*scratch, 0) < 0 {
		return escaped(dst, *scratch), kept
	}
	*scratch = bytes.ReplaceAll(*scratch, []byte{0}, nil)
	return escaped(dst, *scratch), unsaid
}

// escaped writes a text as COPY wants it.
func escaped(dst, text []byte) []byte {
	for {
		n := bytes.IndexAny(text, "\\\n\r\t")
		if n < 0 {
			return append(dst, text...)
		}
		dst = append(append(dst, text[:n]...), '\\')
		switch text[n] {
		case '\n':
			dst = append(dst, 'n')
		case '\r':
			dst = append(dst, 'r')
		case '\t':
			dst = append(dst, 't')
		default:
			dst = append(dst, '\\')
		}
		text = text[n+1:]
	}
}
