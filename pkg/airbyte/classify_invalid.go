package airbyte

import "bytes"

// byteOrderMark is U+FEFF in UTF-8.
const byteOrderMark = "\xef\xbb\xbf"

// classifyMarked judges a line whose first byte that is not blank, at i, is no
// brace: a log line, unless it is a message behind a byte order mark.
func classifyMarked(line []byte, i int, e *Envelope) Verdict {
	if !bytes.HasPrefix(line[i:], []byte(byteOrderMark)) {
		return LogLine
	}
	i = skipBlanks(line, i+len(byteOrderMark))
	if i == len(line) || line[i] != '{' {
		return LogLine
	}
	return classifyInvalid(line, i, e, ProblemByteOrderMark, i-len(byteOrderMark))
}

// classifyInvalid judges a line that has a brace at i and problem p at offset:
// broken if it was meant to be a message.
func classifyInvalid(line []byte, i int, e *Envelope, p Problem, offset int) Verdict {
	*e = Envelope{}
	s := salvage{line: line, e: e}
	s.walk(i)
	switch {
	case s.typed:
	case s.body != None:
		e.Type = s.body
	default:
		e.Type = quotedType(line[i:])
	}
	if e.Type != Record {
		*e = Envelope{Type: e.Type}
	}
	if e.Type == None {
		return LogLine
	}
	e.Problem, e.Offset = p, offset
	return BrokenLine
}

// quotedType finds the first `"type": "RECORD"`, or of another type, in a line
// whose brackets or quotes do not match.
func quotedType(line []byte) Type {
	const key = `"type"`
	for {
		i := bytes.Index(line, []byte(key))
		if i < 0 {
			return None
		}
		line = line[i+len(key):]
		value := bytes.TrimLeft(line, " \t:")
		if len(value) == 0 || value[0] != '"' {
			continue
		}
		if n := bytes.IndexByte(value[1:], '"'); n >= 0 {
			if t := messageType(value[1 : 1+n]); t != None {
				return t
			}
		}
	}
}
