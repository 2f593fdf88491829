package airbyte

import "bytes"

// scanRecord goes over the record at line[i] and gives the index behind it, or
// the place of a problem in the grammar. What makes the record unusable but
// not invalid is left in e, since the line may turn out to be no RECORD.
func scanRecord(line []byte, i int, e *Envelope) (int, Problem) {
	var seen recordKey
	i++
	for first := true; ; first = false {
		key, value, more, p := nextKey(line, i, first)
		if p != ProblemNone {
			return value, p
		}
		if !more {
			noteMissing(seen, value, e)
			return value, ProblemNone
		}
		if i, p = scanValue(line, value, 2); p != ProblemNone {
			return i, p
		}
		k := recordKeyOf(key.Of(line))
		if seen&k != 0 {
			note(e, ProblemDuplicateKey, key.Start)
			continue
		}
		seen |= k
		noteMember(line, k, Span{value, i}, e)
	}
}

// noteMember keeps the value of one of a record's keys.
func noteMember(line []byte, k recordKey, value Span, e *Envelope) {
	c := line[value.Start]
	switch k {
	case streamKey:
		if c != '"' {
			note(e, ProblemNoStream, value.Start)
			return
		}
		e.Stream = contents(line, value, e)
	case namespaceKey:
		if c == '"' {
			e.Namespace = contents(line, value, e)
		} else if c != 'n' {
			note(e, ProblemNamespace, value.Start)
		}
	case dataKey:
		switch c {
		case '{':
			e.Data = value
		case 'n':
			note(e, ProblemNoData, value.Start)
		default:
			note(e, ProblemDataNotObject, value.Start)
		}
	case emittedAtKey:
		if c == '-' || c-'0' <= 9 {
			e.EmittedAt = value
		}
	}
}

func noteMissing(seen recordKey, end int, e *Envelope) {
	if seen&streamKey == 0 {
		note(e, ProblemNoStream, end)
	}
	if seen&dataKey == 0 {
		note(e, ProblemNoData, end)
	}
}

// note keeps the first problem of a record.
func note(e *Envelope, p Problem, offset int) {
	if e.Problem == ProblemNone {
		e.Problem, e.Offset = p, offset
	}
}

// contents is what stands between the quotes of a string, which may be escaped.
func contents(line []byte, value Span, e *Envelope) Span {
	s := Span{value.Start + 1, value.End - 1}
	if bytes.IndexByte(s.Of(line), '\\') >= 0 {
		e.Escaped = true
	}
	return s
}
