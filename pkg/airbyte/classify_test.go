package airbyte

import (
	"strings"
	"testing"
)

// parts is what a message's Envelope covers, as text.
type parts struct {
	kind                             Type
	stream, namespace, data, emitted string
	body                             string
}

func partsOf(line string, e Envelope) parts {
	of := func(s Span) string { return string(s.Of([]byte(line))) }
	return parts{e.Type, of(e.Stream), of(e.Namespace), of(e.Data), of(e.EmittedAt), of(e.Body)}
}

func TestMessagesAreFoundWhateverTheirForm(t *testing.T) {
	rec := `{"stream":"u","data":{"a":1},"emitted_at":5}`
	want := parts{kind: Record, stream: "u", data: `{"a":1}`, emitted: "5", body: rec}
	with := func(change func(*parts)) parts { p := want; change(&p); return p }
	for name, c := range map[string]struct {
		line string
		want parts
	}{
		"type first":         {`{"type":"RECORD","record":` + rec + `}`, want},
		"body first":         {`{"record":` + rec + `,"type":"RECORD"}`, want},
		"escaped type key":   {`{"t\u0079pe":"RECORD","record":` + rec + `}`, want},
		"escaped type":       {`{"type":"\u0052ECORD","record":` + rec + `}`, want},
		"escaped body key":   {`{"type":"RECORD","\u0072\u0065\u0063\u006F\u0072\u0064":` + rec + `}`, want},
		"unknown siblings":   {`{"x":[{"type":"STATE"}],"type":"RECORD","record":` + rec + `,"record2":{}}`, want},
		"blanks around":      {" \t{\"type\":\"RECORD\",\"record\":" + rec + "} \r", want},
		"null bodies":        {`{"type":"RECORD","state":null,"log":null,"record":` + rec + `}`, want},
		"keys of other case": {`{"TYPE":"STATE","type":"RECORD","Record":1,"record":` + rec + `}`, want},
		"type in lower case": {`{"type":"state","Type":"x","type ":"y","record":` + rec + `}`, parts{}},
		"blanks inside": {
			`{ "type" : "RECORD" , "record" : { "stream" : "u" , "data" : { } , "emitted_at" : 5 } }`,
			parts{Record, "u", "", "{ }", "5", `{ "stream" : "u" , "data" : { } , "emitted_at" : 5 }`},
		},
		"data first, with keys of an envelope": {
			`{"record":{"data":{"type":"STATE","stream":"no","namespace":"no","record":{"data":{}}},"stream":"u","namespace":"n"},"type":"RECORD"}`,
			parts{
				Record, "u", "n", `{"type":"STATE","stream":"no","namespace":"no","record":{"data":{}}}`, "",
				`{"data":{"type":"STATE","stream":"no","namespace":"no","record":{"data":{}}},"stream":"u","namespace":"n"}`,
			},
		},
		"repeated keys in data": {
			`{"type":"RECORD","record":{"stream":"u","data":{"a":1,"a":2,"type":1,"type":2}}}`,
			parts{Record, "u", "", `{"a":1,"a":2,"type":1,"type":2}`, "", `{"stream":"u","data":{"a":1,"a":2,"type":1,"type":2}}`},
		},
		"record in a state": {
			`{"type":"STATE","state":{"data":{}},"record":{"stream":1,"stream":2}}`,
			parts{kind: State, body: `{"data":{}}`},
		},
		"envelope twice": {
			`{"type":"CATALOG","catalog":{"type":"CATALOG","catalog":{"streams":[]}}}`,
			parts{kind: Catalog, body: `{"type":"CATALOG","catalog":{"streams":[]}}`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			v, e := checkLine(t, []byte(c.line))
			if wantV := map[bool]Verdict{true: ProtocolLine, false: LogLine}[c.want.kind != None]; v != wantV {
				t.Fatalf("%s is a %s (%v)", c.line, verdictName(v), e.Problem)
			}
			if got := partsOf(c.line, e); got != c.want {
				t.Fatalf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
	for data, want := range map[string]parts{
		`"namespace":null`:                with(func(*parts) {}),
		`"namespace":""`:                  with(func(*parts) {}),
		`"namespace":"n"`:                 with(func(p *parts) { p.namespace = "n" }),
		`"name\u0073pace":"\u006e\ud800"`: with(func(p *parts) { p.namespace = `\u006e\ud800` }),
		`"Stream":1,"streams":2`:          with(func(*parts) {}),
	} {
		body := strings.Replace(rec, `,`, `,`+data+`,`, 1)
		line := `{"type":"RECORD","record":` + body + `}`
		v, e := checkLine(t, []byte(line))
		want.body = body
		if got := partsOf(line, e); v != ProtocolLine || got != want || e.Escaped != strings.Contains(want.namespace, `\`) {
			t.Errorf("%s: %s %+v", line, verdictName(v), e)
		}
	}
}

func TestEveryTypeNeedsItsOwnBody(t *testing.T) {
	for kind := State; kind <= DestinationCatalog; kind++ {
		word, key := kind.String(), kind.BodyKey()
		line := `{"` + key + `":{"x":1},"type":"` + word + `"}`
		if v, e := checkLine(t, []byte(line)); v != ProtocolLine || e.Type != kind || string(e.Body.Of([]byte(line))) != `{"x":1}` {
			t.Errorf("%s: %s %+v", line, verdictName(v), e)
		}
		for body, problem := range map[string]Problem{
			`"x":{}`:                             ProblemNoBody,
			`"` + key + `":null`:                 ProblemBodyNotObject,
			`"` + key + `":[]`:                   ProblemBodyNotObject,
			`"` + key + `":{},"` + key + `":{}`:  ProblemDuplicateKey,
			`"` + key + `":{},"t\u0079pe":"LOG"`: ProblemDuplicateKey,
			`"` + key + `":{},"x":1,"record":{},"\u0072ecord":{}`: ProblemDuplicateKey,
		} {
			line := `{"type":"` + word + `",` + body + `}`
			if v, e := checkLine(t, []byte(line)); v != BrokenLine || e.Type != kind || e.Problem != problem {
				t.Errorf("%s: %s %v %v", line, verdictName(v), e.Type, e.Problem)
			}
		}
	}
}

func TestRecordsWithoutTheirPartsAreBroken(t *testing.T) {
	for body, want := range map[string]struct {
		p      Problem
		stream string
	}{
		`{"data":{}}`:                                               {ProblemNoStream, ""},
		`{"stream":null,"data":{}}`:                                 {ProblemNoStream, ""},
		`{"stream":7,"data":{}}`:                                    {ProblemNoStream, ""},
		`{"Stream":"u","data":{}}`:                                  {ProblemNoStream, ""},
		`{"stream":"u"}`:                                            {ProblemNoData, "u"},
		`{"stream":"u","data":null}`:                                {ProblemNoData, "u"},
		`{"data":null,"stream":"u"}`:                                {ProblemNoData, "u"},
		`{"stream":"u","data":[1]}`:                                 {ProblemDataNotObject, "u"},
		`{"stream":"u","data":"x"}`:                                 {ProblemDataNotObject, "u"},
		`{"stream":"u","data":{},"namespace":7}`:                    {ProblemNamespace, "u"},
		`{"stream":"u","data":{},"namespace":{}}`:                   {ProblemNamespace, "u"},
		`{"stream":"u","stream":"v","data":{}}`:                     {ProblemDuplicateKey, "u"},
		`{"stream":"u","\u0073tream":"u","data":{}}`:                {ProblemDuplicateKey, "u"},
		`{"stream":"u","data":{},"data":{}}`:                        {ProblemDuplicateKey, "u"},
		`{"stream":"u","data":{},"data":null}`:                      {ProblemDuplicateKey, "u"},
		`{"stream":"u","data":{},"namespace":null,"namespace":"n"}`: {ProblemDuplicateKey, "u"},
		`{"stream":"u","data":{},"emitted_at":1,"emitted_at":1}`:    {ProblemDuplicateKey, "u"},
	} {
		for _, line := range []string{`{"type":"RECORD","record":` + body + `}`, `{"record":` + body + `,"type":"RECORD"}`} {
			v, e := checkLine(t, []byte(line))
			if v != BrokenLine || e.Type != Record || e.Problem != want.p || partsOf(line, e).stream != want.stream {
				t.Errorf("%s: %s %v %v", line, verdictName(v), e.Type, e.Problem)
			}
		}
	}
}

func TestEmittedAtMayBeMissingOrAnything(t *testing.T) {
	for value, want := range map[string]string{
		`1700000000000`: "1700000000000", `1700000000000.0`: "1700000000000.0", `1.7e12`: "1.7e12", `-1`: "-1",
		`null`: "", `"2024-01-01"`: "", `{}`: "",
	} {
		line := `{"type":"RECORD","record":{"emitted_at":` + value + `,"stream":"u","data":{}}}`
		if v, e := checkLine(t, []byte(line)); v != ProtocolLine || partsOf(line, e).emitted != want {
			t.Errorf("%s: %s %v, emitted_at %q", line, verdictName(v), e.Problem, partsOf(line, e).emitted)
		}
	}
}

func TestEverythingElseIsLog(t *testing.T) {
	for _, line := range []string{
		"", " ", "\r", "\t \r", "Traceback (most recent call last):", `  File "main.py", line 3`, "null", "12", `"RECORD"`, `[{"type":"RECORD"}]`,
		`{}`, `{"type":null}`, `{"type":["RECORD"]}`, `{"type":"record","record":{"stream":"u","data":{}}}`, `{"type":"RECORDS"}`,
		`{"type":"RECORD\u0000"}`, `{"type":"RECORD\\"}`, `{"Type":"RECORD"}`, `{"type":"","type":""}`, `{"log":1,"log":2}`, `{"level":"INFO","msg":"x"}`,
		`{'type': 'RECORD', 'record': {}}`, `{foo`, `{`, `{"`, `{"a`, `{"a":1}}`, `{"type":"WARN",`, `{"msg":"{\"type\":\"RECORD\"",`, `{"type": 5, x`,
		`{"a":{"type":"x"},"b":NaN}`, "\xef\xbb\xbf", "\xef\xbb\xbf{}", "\xef\xbb\xbftext", "\xff\xfe", `INFO {"type":"RECORD","record":{}}`,
		`{"a":"` + "\xff" + `"}`, strings.Repeat("[", 100_000), strings.Repeat(`{"a":`, 100_000), `{"record":[1`, `{"type":"METRIC","state":{"a":NaN}}`, `{"type":"RECORD`,
	} {
		if v, e := checkLine(t, []byte(line)); v != LogLine {
			t.Errorf("%.60q: %s %+v", line, verdictName(v), e)
		}
	}
}
