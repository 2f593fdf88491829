package schemachange

import (
	"fmt"
	"slices"
	"strings"

	"knelt.dev/pkg/airbyte"
)

// compareStream tells how a stream differs, and whether it does. Only what is
// used can break.
func compareStream(was, is airbyte.Stream, use Use, isUsed bool) (Stream, bool) {
	s := Stream{Stream: use.Stream, Change: Changed, Fields: compareFields(was.JSONSchema, is.JSONSchema)}
	s.noteKey(was, is)
	s.noteCursor(was, is)
	s.noteModes(was, is)
	if isUsed {
		s.judge(is, use)
	}
	return s, len(s.Fields)+len(s.Notes) > 0
}

func (s *Stream) note(format string, args ...any) {
	s.Notes = append(s.Notes, fmt.Sprintf(format, args...))
}

func (s *Stream) noteKey(was, is airbyte.Stream) {
	if before, after := pathsText(was.SourceDefinedPrimaryKey), pathsText(is.SourceDefinedPrimaryKey); before != after {
		s.note("the source's primary key is %s, was %s", after, before)
	}
}

func (s *Stream) noteCursor(was, is airbyte.Stream) {
	if before, after := cursorText(was), cursorText(is); before != after {
		s.note("the source's cursor is %s, was %s", after, before)
	}
}

func cursorText(s airbyte.Stream) string {
	text := pathText(s.DefaultCursorField)
	if s.SourceDefinedCursor {
		return "its own (" + text + ")"
	}
	return text
}

func (s *Stream) noteModes(was, is airbyte.Stream) {
	before, after := modesText(was), modesText(is)
	if before != after {
		s.note("the sync modes are %s, were %s", after, before)
	}
}

func modesText(s airbyte.Stream) string {
	if len(s.SupportedSyncModes) == 0 {
		return "none listed"
	}
	var words []string
	for _, m := range s.SupportedSyncModes {
		words = append(words, string(m))
	}
	slices.Sort(words)
	return strings.Join(slices.Compact(words), ", ")
}

// judge marks the fields that the connection lives on, and says what it cannot
// do without.
func (s *Stream) judge(is airbyte.Stream, use Use) {
	for i := range s.Fields {
		f := &s.Fields[i]
		switch {
		case use.SyncMode == airbyte.Incremental && !is.SourceDefinedCursor && under(use.CursorField, f.Path):
			f.Of = "cursor"
		case slices.ContainsFunc(use.PrimaryKey, func(part []string) bool { return under(part, f.Path) }):
			f.Of = "key"
		}
		if f.Change == Removed {
			s.judgeRemoved(*f, is, use)
		}
	}
	s.judgeModes(is, use)
	s.judgeKey(is, use)
}

// judgeRemoved: a cursor or key that the source has moved elsewhere is taken from
// there, unless the connection names it. Without any cursor a stream is read in
// full, unless the connection wants otherwise.
func (s *Stream) judgeRemoved(f Field, is airbyte.Stream, use Use) {
	switch {
	case f.Of == "cursor" && (use.OwnCursor || use.OwnMode && (len(is.DefaultCursorField) == 0 || slices.Equal(is.DefaultCursorField, use.CursorField))):
		s.breaks("its cursor %s is gone", pathText(use.CursorField))
	case f.Of == "key" && use.OwnKey:
		s.breaks("%s of its primary key is gone", pathText(f.Path))
	}
	if len(f.Path) == 1 && slices.Contains(use.Fields, f.Path[0]) {
		s.breaks("the selected field %s is gone", pathText(f.Path))
	}
}

func (s *Stream) judgeModes(is airbyte.Stream, use Use) {
	if use.OwnMode && len(is.SupportedSyncModes) > 0 && !slices.Contains(is.SupportedSyncModes, use.SyncMode) {
		s.breaks("the source cannot do %s any more", use.SyncMode)
	}
}

func (s *Stream) judgeKey(is airbyte.Stream, use Use) {
	if use.OwnKey && len(is.SourceDefinedPrimaryKey) > 0 && pathsText(is.SourceDefinedPrimaryKey) != pathsText(use.PrimaryKey) {
		s.breaks("the source has a primary key of its own now, %s", pathsText(is.SourceDefinedPrimaryKey))
	}
}

func (s *Stream) breaks(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(s.Breaking, text) {
		s.Breaking = append(s.Breaking, text)
	}
}

// under tells whether a path is a field's, or one inside of it.
func under(path, field []string) bool {
	return len(path) >= len(field) && len(field) > 0 && slices.Equal(path[:len(field)], field)
}

func pathText(path []string) string {
	if len(path) == 0 {
		return "none"
	}
	return strings.Join(path, ".")
}

func pathsText(paths [][]string) string {
	if len(paths) == 0 {
		return "none"
	}
	var all []string
	for _, path := range paths {
		all = append(all, pathText(path))
	}
	slices.Sort(all) // the order of a key's fields means nothing
	return strings.Join(all, ", ")
}
