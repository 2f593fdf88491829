package airbyte

import (
	"bytes"
	"encoding/json"
)

// failer is what the checks need of testing.T, testing.F's T and rapid.T.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkLine holds Classify against the reference on one line and checks what
// must be true of every answer. It gives the answer.
func checkLine(t failer, line []byte) (Verdict, Envelope) {
	t.Helper()
	got := Envelope{Type: Control, Offset: 77, Data: Span{1, 2}} // to be overwritten
	v := Classify(line, &got)
	for _, s := range []Span{got.Body, got.Stream, got.Namespace, got.Data, got.EmittedAt, {got.Offset, got.Offset}} {
		if s.Start < 0 || s.End < s.Start || s.End > len(line) {
			t.Fatalf("span %v outside of the line %q", s, line)
		}
	}
	wantV, want, ok := refClassify(line)
	if ok {
		want.Offset = got.Offset
		if v != wantV || got != want {
			t.Fatalf("Classify(%q)\n got %v %+v\nwant %v %+v", line, v, got, wantV, want)
		}
	}
	switch {
	case !ok && v == ProtocolLine:
		t.Fatalf("Classify(%q) takes invalid JSON for a message", line)
	case v == LogLine && got != Envelope{}:
		t.Fatalf("Classify(%q) says log line and leaves %+v", line, got)
	case v == BrokenLine && (got.Type == None || got.Problem == ProblemNone):
		t.Fatalf("Classify(%q) says broken without type or problem: %+v", line, got)
	case v == ProtocolLine && got.Problem != ProblemNone:
		t.Fatalf("Classify(%q) says message with problem %v", line, got.Problem)
	}
	if v == ProtocolLine {
		checkMembers(t, line, got.Body)
		if got.Type == Record {
			checkMembers(t, line, got.Data)
		}
	}
	for _, s := range []Span{got.Stream, got.Namespace} {
		checkUnquote(t, s.Of(line))
	}
	return v, got
}

func checkUnquote(t failer, raw []byte) {
	t.Helper()
	var want string
	if err := json.Unmarshal([]byte(`"`+string(raw)+`"`), &want); err != nil {
		t.Fatalf("string %q given as valid: %v", raw, err)
	}
	if got := string(Unquote(nil, raw)); got != want {
		t.Fatalf("Unquote(%q) = %q, want %q", raw, got, want)
	}
	if !KeyIs(raw, want) || KeyIs(raw, want+"x") || want != "" && KeyIs(raw, want[1:]) {
		t.Fatalf("KeyIs(%q) does not mean %q alone", raw, want)
	}
}

// checkMembers holds Members, and Elements of the arrays among them, against
// encoding/json.
func checkMembers(t failer, line []byte, obj Span) {
	t.Helper()
	want, err := refMembers(line, obj.Start)
	if err != nil {
		t.Fatalf("object at %v of %q: %v", obj, line, err)
	}
	n := 0
	for key, value := range Members(line, obj) {
		if n == len(want) || value != want[n].at || !KeyIs(key.Of(line), want[n].key) {
			t.Fatalf("member %d of %q is %q: %q", n, obj.Of(line), key.Of(line), value.Of(line))
		}
		checkUnquote(t, key.Of(line))
		if line[value.Start] == '[' {
			checkElements(t, line, value)
		}
		n++
	}
	if n != len(want) {
		t.Fatalf("%d members of %q, want %d", n, obj.Of(line), len(want))
	}
}

func checkElements(t failer, line []byte, arr Span) {
	t.Helper()
	var want []json.RawMessage
	if err := json.Unmarshal(arr.Of(line), &want); err != nil {
		t.Fatalf("array %q: %v", arr.Of(line), err)
	}
	n := 0
	for value := range Elements(line, arr) {
		if n == len(want) || !bytes.Equal(value.Of(line), want[n]) {
			t.Fatalf("element %d of %q is %q", n, arr.Of(line), value.Of(line))
		}
		n++
	}
	if n != len(want) {
		t.Fatalf("%d elements of %q, want %d", n, arr.Of(line), len(want))
	}
}

// verdictName is for test output.
func verdictName(v Verdict) string {
	return [...]string{"log line", "message", "broken"}[v]
}
