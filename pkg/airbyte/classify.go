package airbyte

// Classify tells what a line of a connector's stdout is and, of a message,
// where its parts are, without decoding or allocating anything. line has no
// newline at its end; blanks around it (a carriage return too) do not matter.
// All of e is overwritten, also where the verdict is LogLine.
//
// A message is an object of RFC 8259 in valid UTF-8 whose "type" is a word of
// the protocol, with an object under the type's own key. Keys are exact in
// case and may be written with \u escapes; the envelope's own may not be
// repeated; they come in any order. Numbers may be of any size. A \u escape
// may be half of a surrogate pair: the grammar allows it, and Python
// connectors cut emoji in two. Of a RECORD, "stream" must be a string, "data"
// an object, "namespace" a string or null; an "emitted_at" that is missing or
// no number leaves EmittedAt empty and the line valid.
//
// A line that starts with a brace and is not valid is a BrokenLine if it has
// the type or a body of a message as far as its brackets and strings can be
// followed, or anywhere `"type":"RECORD"` or the like; so a message that was
// cut off is known by what came before the cut. Of a BrokenLine, only Type,
// Stream, Namespace, Escaped, Problem and Offset are set. A byte order mark
// makes a message a BrokenLine too, because no destination would read it.
func Classify(line []byte, e *Envelope) Verdict {
	*e = Envelope{}
	i := skipBlanks(line, 0)
	if i == len(line) || line[i] != '{' {
		return classifyMarked(line, i, e)
	}
	s := envelopeScan{e: e}
	end, p := s.scan(line, i)
	if p == ProblemNone {
		if end = skipBlanks(line, end); end < len(line) {
			p = ProblemTrailing
		}
	}
	if p != ProblemNone {
		return classifyInvalid(line, i, e, p, end)
	}
	if s.kind == None {
		*e = Envelope{}
		return LogLine
	}
	return s.verdict(line, end)
}

// envelopeScan is what the members of a line say, in the order they come in.
type envelopeScan struct {
	e      *Envelope
	kind   Type
	bodies [typeKey]Span // by Type
	seen   uint16        // a bit for each key, by Type or typeKey
	twice  int           // where the first repeated key is
}

// scan goes over the object at line[i] and gives the index behind it, or the
// place of a problem.
func (s *envelopeScan) scan(line []byte, i int) (int, Problem) {
	i++
	for first := true; ; first = false {
		key, value, more, p := nextKey(line, i, first)
		if p != ProblemNone || !more {
			return value, p
		}
		if i, p = s.member(line, key, value); p != ProblemNone {
			return i, p
		}
	}
}

func (s *envelopeScan) member(line []byte, key Span, i int) (end int, p Problem) {
	k := envelopeKey(key.Of(line))
	again := s.seen&(1<<k) != 0
	if k == Record && !again && i < len(line) && line[i] == '{' {
		end, p = scanRecord(line, i, s.e)
	} else {
		end, p = scanValue(line, i, 1)
	}
	switch {
	case p != ProblemNone || k == None:
		return end, p
	case again && s.twice == 0:
		s.twice = key.Start
	case !again && k != typeKey:
		s.bodies[k] = Span{i, end}
	}
	if k == typeKey && s.kind == None && line[i] == '"' {
		s.kind = messageType(line[i+1 : end-1])
	}
	s.seen |= 1 << k
	return end, ProblemNone
}

// verdict judges a valid line of a known type, which ends at end.
func (s *envelopeScan) verdict(line []byte, end int) Verdict {
	e := s.e
	e.Type = s.kind
	e.Body = s.bodies[s.kind]
	if s.kind != Record {
		*e = Envelope{Type: e.Type, Body: e.Body}
	}
	switch {
	case s.twice > 0:
		e.Problem, e.Offset = ProblemDuplicateKey, s.twice
	case s.seen&(1<<s.kind) == 0:
		e.Problem, e.Offset = ProblemNoBody, end
	case line[e.Body.Start] != '{':
		e.Problem, e.Offset = ProblemBodyNotObject, e.Body.Start
	}
	if e.Problem == ProblemNone {
		return ProtocolLine
	}
	e.Body, e.Data, e.EmittedAt = Span{}, Span{}, Span{}
	return BrokenLine
}
