package airbyte

import "bytes"

// salvage reads a line that is not valid JSON for what it was meant to be. It
// follows brackets and strings only, so that NaN, bad escapes, control
// characters or a missing end do not hide the stream from the ledger.
type salvage struct {
	line []byte
	e    *Envelope

	typed    bool // "type" is there, of whatever value
	body     Type // of the first body that is an object
	depth    int
	wantKey  bool // the next string is a key
	key      Span // the latest key at depth 1, or at 2 in the record
	inRecord bool // depth 2 is the record
}

// walk goes from the brace at i to the end of the line, since two messages may
// have got onto one, or to a string without an end.
func (s *salvage) walk(i int) {
	for i < len(s.line) {
		switch c := s.line[i]; c {
		case '"':
			end := closingQuote(s.line, i+1)
			if end < 0 {
				return
			}
			s.str(Span{i + 1, end})
			i = end
		case '{', '[':
			s.down(c)
		case '}', ']':
			s.depth--
		case ',':
			s.wantKey = true
		}
		i++
	}
}

func (s *salvage) down(c byte) {
	s.depth++
	s.wantKey = true
	if s.depth != 2 {
		return
	}
	k := envelopeKey(s.key.Of(s.line))
	s.inRecord = c == '{' && k == Record
	if c == '{' && k != typeKey && s.body == None {
		s.body = k
	}
}

// str takes a string as a key or a value, by its place.
func (s *salvage) str(raw Span) {
	if s.depth > 2 || s.depth == 2 && !s.inRecord {
		return
	}
	if s.wantKey {
		s.key, s.wantKey = raw, false
		return
	}
	key := s.key.Of(s.line)
	switch {
	case s.depth == 1 && envelopeKey(key) == typeKey && s.e.Type == None:
		s.typed = true
		s.e.Type = messageType(raw.Of(s.line))
	case s.depth == 2:
		s.name(recordKeyOf(key), raw)
	}
}

// name keeps the first stream and namespace, provided that they are valid.
func (s *salvage) name(k recordKey, raw Span) {
	if _, p := scanString(s.line[:raw.End+1], raw.Start); p != ProblemNone {
		return
	}
	switch {
	case k == streamKey && s.e.Stream == Span{}:
		s.e.Stream = raw
	case k == namespaceKey && s.e.Namespace == Span{}:
		s.e.Namespace = raw
	default:
		return
	}
	s.e.Escaped = s.e.Escaped || bytes.IndexByte(raw.Of(s.line), '\\') >= 0
}

// closingQuote finds the next quote that no backslash stands before, -1 if
// there is none.
func closingQuote(line []byte, i int) int {
	for i < len(line) {
		switch line[i] {
		case '"':
			return i
		case '\\':
			i++
		}
		i++
	}
	return -1
}
