package connection

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Stdin is the File of what was read from the standard input.
const Stdin = "<stdin>"

// Origin is a place in a file, or an object of a cluster.
type Origin struct {
	// File is its path; of an object "Kind namespace/name".
	File string
	// Line is 0 of an object: it has none.
	Line int
	// fields holds the lines of the document's fields, by their paths, and is
	// shared by copies; nil for documents that no file gave.
	fields *fieldLines
}

// fieldLines maps paths such as spec.streams[0].name to lines.
type fieldLines map[string]int

// String gives "file:line", the form that editors and terminals turn into a link,
// or the name of an object.
func (o Origin) String() string {
	switch {
	case o.File == "":
		return "-"
	case o.Line == 0:
		return o.File
	}
	return fmt.Sprintf("%s:%d", o.File, o.Line)
}

// At gives the place of one field of the document, such as
// "spec.streams[0].name"; of the nearest parent that is written there if the
// field itself is not.
func (o Origin) At(field string) Origin {
	place := Origin{File: o.File, Line: o.Line}
	if o.fields == nil {
		return place
	}
	for ; field != ""; field = parentField(field) {
		if line, ok := (*o.fields)[field]; ok {
			place.Line = line
			return place
		}
	}
	return place
}

// Dir is the absolute folder of the file; relative paths written in the file
// start there. It is the working directory for what came from stdin or from no
// file.
func (o Origin) Dir() (string, error) {
	if o.File == "" || o.File == Stdin {
		return filepath.Abs(".")
	}
	return filepath.Abs(filepath.Dir(o.File))
}

// childField is the path of a key under a path; keys that are no plain words
// are quoted, so that every path means one field. Of a key too long to read only
// the beginning counts: it is in the path of everything below it.
func childField(path, key string) string {
	const longest = 128
	if len(key) > longest {
		key = key[:longest] + "..."
	}
	if !plainKey(key) {
		return path + fmt.Sprintf("[%q]", key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// itemField is the path of an element of a list.
func itemField(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

func plainKey(key string) bool {
	for _, c := range key {
		word := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
		if !word {
			return false
		}
	}
	return key != ""
}

// parentField cuts the last key or index off a path.
func parentField(path string) string { return path[:max(strings.LastIndexAny(path, ".["), 0)] }
