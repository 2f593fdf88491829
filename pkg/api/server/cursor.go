package server

import (
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf8"

	"knelt.dev/events"
	"knelt.dev/pkg/host"
)

// maxCursor is longer than any name can be.
const maxCursor = 1 << 10

// refOfKey takes a connection's name in stores apart.
func refOfKey(key string) events.Ref {
	if namespace, name, ok := strings.Cut(key, "/"); ok {
		return events.Ref{Namespace: namespace, Name: name}
	}
	return events.Ref{Name: key}
}

// encodeCursor makes a cursor of the last item's name.
func encodeCursor(last string) string { return base64.RawURLEncoding.EncodeToString([]byte(last)) }

// decodeCursor reads one; no cursor is the beginning.
func decodeCursor(cursor string) (last string, err error) {
	if len(cursor) > maxCursor {
		return "", badCursor()
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || !utf8.Valid(text) {
		return "", badCursor()
	}
	return string(text), nil
}

// decodeNumber reads a cursor of a list by number; no cursor is 0.
func decodeNumber(cursor string) (int64, error) {
	last, err := decodeCursor(cursor)
	if err != nil || last == "" {
		return 0, err
	}
	n, err := strconv.ParseInt(last, 10, 64)
	if err != nil || n < 1 || strconv.FormatInt(n, 10) != last {
		return 0, badCursor()
	}
	return n, nil
}

func badCursor() error {
	return &host.Error{Cause: host.Undecodable, Detail: "the query cannot be understood", Fields: []host.Field{{Field: "cursor", Detail: "must be the next of a page of this list"}}}
}
