package main

import (
	"strconv"

	"knelt.dev/pkg/airbyte"
)

// sqlValue gives what is stored for a value of data. Integers beyond 64 bits and
// numbers that a double cannot hold are kept as their text; objects and arrays
// as JSON.
func sqlValue(line []byte, v airbyte.Span) any {
	text := v.Of(line)
	switch text[0] {
	case 'n':
		return nil
	case 't':
		return int64(1)
	case 'f':
		return int64(0)
	case '"':
		return string(airbyte.Unquote(nil, text[1:len(text)-1]))
	case '{', '[':
		return string(text)
	}
	return number(string(text))
}

func number(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	isWhole := true
	for _, c := range text {
		if c == '.' || c == 'e' || c == 'E' {
			isWhole = false
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if isWhole || err != nil {
		return text
	}
	return f
}
