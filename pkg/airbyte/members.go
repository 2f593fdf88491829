package airbyte

import (
	"bytes"
	"iter"
)

// Members walks over the members of the object at obj, in their order and with
// repeated keys as often as they occur: the contents of each key, without
// quotes and still escaped, and its value, without blanks around it. It copies
// and allocates nothing. The object must be valid, as every Body and Data of a
// ProtocolLine is; of any other it yields the members before the first mistake.
func Members(line []byte, obj Span) iter.Seq2[Span, Span] {
	return func(yield func(key, value Span) bool) { walkMembers(line[:obj.End], obj.Start, yield) }
}

func walkMembers(b []byte, i int, yield func(key, value Span) bool) {
	i, p := wantByte(b, skipBlanks(b, i), '{')
	for first := true; p == ProblemNone; first = false {
		var key, value Span
		var more bool
		if key, value.Start, more, p = nextKey(b, i, first); p != ProblemNone || !more {
			return
		}
		if i, p = scanValue(b, value.Start, 0); p != ProblemNone {
			return
		}
		value.End = i
		if !yield(key, value) {
			return
		}
	}
}

// Elements walks over the values of the array at arr under the terms of Members.
func Elements(line []byte, arr Span) iter.Seq[Span] {
	return func(yield func(value Span) bool) { walkElements(line[:arr.End], arr.Start, yield) }
}

func walkElements(b []byte, i int, yield func(value Span) bool) {
	i, p := wantByte(b, skipBlanks(b, i), '[')
	for p == ProblemNone {
		value := Span{Start: skipBlanks(b, i)}
		if value.End, p = scanValue(b, value.Start, 0); p != ProblemNone || !yield(value) {
			return
		}
		i, p = wantByte(b, skipBlanks(b, value.End), ',')
	}
}

// KeyIs tells whether the contents of a JSON string, such as a key of Members,
// mean name once unescaped. Case matters.
func KeyIs(raw []byte, name string) bool {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw) == name
	}
	for len(raw) > 0 && len(name) > 0 {
		var buf [4]byte
		part := Unquote(buf[:0], raw[:firstLen(raw)])
		if len(part) > len(name) || string(part) != name[:len(part)] {
			return false
		}
		raw, name = raw[firstLen(raw):], name[len(part):]
	}
	return len(raw) == 0 && name == ""
}

// firstLen measures what stands for the first character, or a byte of it.
func firstLen(raw []byte) int {
	if raw[0] != '\\' {
		return 1
	}
	_, n := unescape(raw)
	return n
}
