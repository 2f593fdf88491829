package airbyte

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// strictJSON tells whether line is one JSON value in UTF-8. encoding/json knows
// the grammar and the depth, but lets invalid UTF-8 pass.
func strictJSON(line []byte) bool { return json.Valid(line) && utf8.Valid(line) }

// refMember is a member of an object as encoding/json's tokens show it.
type refMember struct {
	key   string // unescaped
	value []byte // raw
	at    Span
}

// refMembers lists the members of the object that starts at line[start],
// repeated ones too.
func refMembers(line []byte, start int) ([]refMember, error) {
	d := json.NewDecoder(bytes.NewReader(line[start:]))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.Join(err, errors.New("not an object"))
	}
	var members []refMember
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return nil, err
		}
		end := start + int(d.InputOffset())
		members = append(members, refMember{key.(string), raw, Span{end - len(raw), end}})
	}
	return members, nil
}

// refClassify is Classify for valid JSON in a plain way, without offsets of
// problems. ok is false for a line that is not valid JSON.
func refClassify(line []byte) (v Verdict, e Envelope, ok bool) {
	if !strictJSON(line) {
		return LogLine, Envelope{}, false
	}
	start := len(line) - len(bytes.TrimLeft(line, " \t\r\n"))
	if line[start] != '{' {
		return LogLine, Envelope{}, true
	}
	members, err := refMembers(line, start)
	if err != nil {
		panic(err)
	}
	seen := map[string]refMember{}
	twice := false
	for _, m := range members {
		known := m.key == "type"
		for t := Record; t <= DestinationCatalog; t++ {
			known = known || t.BodyKey() == m.key
		}
		_, again := seen[m.key]
		twice = twice || known && again
		if !again {
			seen[m.key] = m
		}
		var word string
		if m.key == "type" && m.value[0] == '"' && e.Type == None {
			if err := json.Unmarshal(m.value, &word); err != nil {
				panic(err)
			}
			e.Type, _ = ParseType(word)
		}
	}
	if e.Type == None {
		return LogLine, Envelope{}, true
	}
	body, there := seen[e.Type.BodyKey()]
	if e.Type == Record && there && body.value[0] == '{' {
		e.Problem = refRecord(line, body.at.Start, &e)
	}
	switch {
	case twice:
		e.Problem = ProblemDuplicateKey
	case !there:
		e.Problem = ProblemNoBody
	case body.value[0] != '{':
		e.Problem = ProblemBodyNotObject
	}
	if e.Problem != ProblemNone {
		e.Data, e.EmittedAt = Span{}, Span{}
		return BrokenLine, e, true
	}
	e.Body = body.at
	return ProtocolLine, e, true
}

// refRecord fills in the parts of a record and gives its first problem.
func refRecord(line []byte, start int, e *Envelope) Problem {
	members, err := refMembers(line, start)
	if err != nil {
		panic(err)
	}
	seen := map[string]bool{}
	var problems []Problem
	for _, m := range members {
		c := m.value[0]
		inner := Span{m.at.Start + 1, m.at.End - 1}
		switch m.key {
		case "stream", "namespace", "data", "emitted_at":
			if seen[m.key] {
				problems = append(problems, ProblemDuplicateKey)
				continue
			}
			seen[m.key] = true
		}
		switch {
		case m.key == "stream" && c == '"':
			e.Stream = inner
		case m.key == "namespace" && c == '"':
			e.Namespace = inner
		case m.key == "data" && c == '{':
			e.Data = m.at
		case m.key == "emitted_at" && strings.ContainsRune("-0123456789", rune(c)):
			e.EmittedAt = m.at
		case m.key == "stream":
			problems = append(problems, ProblemNoStream)
		case m.key == "namespace" && c != 'n':
			problems = append(problems, ProblemNamespace)
		case m.key == "data" && c == 'n':
			problems = append(problems, ProblemNoData)
		case m.key == "data":
			problems = append(problems, ProblemDataNotObject)
		}
	}
	e.Escaped = bytes.Contains(e.Stream.Of(line), []byte(`\`)) || bytes.Contains(e.Namespace.Of(line), []byte(`\`))
	if !seen["stream"] {
		problems = append(problems, ProblemNoStream)
	}
	if !seen["data"] {
		problems = append(problems, ProblemNoData)
	}
	return append(problems, ProblemNone)[0]
}
