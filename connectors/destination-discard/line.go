package main

import (
	"bytes"

	"knelt.dev/pkg/airbyte"
)

// recordHeads and recordTail are how nearly all RECORD lines look. In valid
// JSON neither can be part of a string: its quotes would be escaped. The
// measured path looks at nothing else.
var (
	recordHeads = [][]byte{[]byte(`{"type":"RECORD",`), []byte(`{"type": "RECORD",`)}
	recordTail  = []byte(`,"type":"RECORD"}`)
)

// looksLikeRecord tells for certain that a valid line is a RECORD; false means
// that it may be anything.
func looksLikeRecord(line []byte) bool {
	for _, head := range recordHeads {
		if bytes.HasPrefix(line, head) {
			return true
		}
	}
	return len(line) > 0 && line[0] == '{' && bytes.HasSuffix(line, recordTail)
}

// typeOf gives the type of a line, None if it is no message that can be used.
func typeOf(line []byte) airbyte.Type {
	if looksLikeRecord(line) {
		return airbyte.Record
	}
	var e airbyte.Envelope
	if airbyte.Classify(line, &e) != airbyte.ProtocolLine {
		return airbyte.None
	}
	return e.Type
}
