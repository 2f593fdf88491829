package airbyte

import (
	"strings"
	"testing"
)

// around puts data into a RECORD, the stream before it and the namespace after.
func around(data string) string {
	return `{"type":"RECORD","record":{"stream":"users","data":` + data + `,"namespace":"shop"}}`
}

func TestMistakesInDataBreakTheLineAndKeepTheStream(t *testing.T) {
	deep := func(n int) string { return strings.Repeat(`[`, n) + strings.Repeat(`]`, n) }
	for data, want := range map[string]Problem{
		`{"a":NaN}`: ProblemNotFinite, `{"a":Infinity}`: ProblemNotFinite, `{"a":-Infinity}`: ProblemNotFinite, `{"a":[1,NaN]}`: ProblemNotFinite,
		`{"a":01}`: ProblemNumber, `{"a":-}`: ProblemNumber, `{"a":1.}`: ProblemNumber, `{"a":.5}`: ProblemNumber, `{"a":+1}`: ProblemNumber,
		`{"a":1e}`: ProblemNumber, `{"a":1e+}`: ProblemNumber, `{"a":-01}`: ProblemNumber, `{"a":1.e5}`: ProblemNumber, `{"a":00}`: ProblemNumber,
		`{"a":-a}`: ProblemNumber, `{"a":1a}`: ProblemSyntax, `{"a":0x1F}`: ProblemSyntax, `{"a":1_000}`: ProblemSyntax, `{"a":1.5.5}`: ProblemSyntax,
		`{"a":1 2}`: ProblemSyntax, `{"a":Nan}`: ProblemSyntax, `{"a":-Inf}`: ProblemSyntax, `{"a":True}`: ProblemSyntax, `{"a":nul}`: ProblemSyntax,
		`{"a":truex}`: ProblemSyntax, `{"a":undefined}`: ProblemSyntax, `{a:1}`: ProblemSyntax, `{"a"1}`: ProblemSyntax, `{"a":}`: ProblemSyntax,
		`{"a"}`: ProblemSyntax, `{"a":1,}`: ProblemSyntax, `{,"a":1}`: ProblemSyntax, `{"a":[1,]}`: ProblemSyntax, `{"a":[,1]}`: ProblemSyntax,
		`{"a":[1 2]}`: ProblemSyntax, `{"a":1,,"b":2}`: ProblemSyntax, `{"a"::1}`: ProblemSyntax, `{"a":{}{}}`: ProblemSyntax, `{1:2}`: ProblemSyntax,
		`{"a":1 /* c */}`: ProblemSyntax, `{"a":[1}}`: ProblemSyntax, `{"a":{"b":1]}`: ProblemSyntax, `{"a":[{"b":1]]}`: ProblemSyntax, "{\"a\":\x00}": ProblemSyntax, "{\"a\":\u00a01}": ProblemSyntax, "{\"a\":\x0c1}": ProblemSyntax, `{"a":'x'}`: ProblemSyntax,
		"{\"a\":\"x\x00y\"}": ProblemControl, "{\"a\":\"x\ty\"}": ProblemControl, "{\"a\":\"x\x1fy\"}": ProblemControl, "{\"a\":\"x\ny\"}": ProblemControl,
		"{\"\r\":1}": ProblemControl, "{\"0123456789abcdef\x01\":1}": ProblemControl,
		`{"a":"\x"}`: ProblemEscape, `{"a":"\u12"}`: ProblemEscape, `{"a":"\u12g4"}`: ProblemEscape, `{"a":"\'"}`: ProblemEscape, `{"a":"\U0041"}`: ProblemEscape,
		`{"\a":1}`: ProblemEscape, "{\"a\":\"\\\n\"}": ProblemEscape, "{\"a\":\"\\u00\xc3\xa9\"}": ProblemEscape,
		"{\"a\":\"\xff\"}": ProblemUTF8, "{\"a\":\"\x80\"}": ProblemUTF8, "{\"a\":\"\xc3\"}": ProblemUTF8, "{\"a\":\"\xc0\xaf\"}": ProblemUTF8,
		"{\"a\":\"\xc1\xbf\"}": ProblemUTF8, "{\"a\":\"\xe0\x80\xaf\"}": ProblemUTF8, "{\"a\":\"\xe0\x9f\xbf\"}": ProblemUTF8, "{\"a\":\"\xe2\x82\"}": ProblemUTF8,
		"{\"a\":\"\xe2\x28\xa1\"}": ProblemUTF8, "{\"a\":\"\xed\xa0\x80\"}": ProblemUTF8, "{\"a\":\"\xed\xbf\xbf\"}": ProblemUTF8, "{\"a\":\"\xf0\x8f\xbf\xbf\"}": ProblemUTF8,
		"{\"a\":\"\xf4\x90\x80\x80\"}": ProblemUTF8, "{\"a\":\"\xf5\x80\x80\x80\"}": ProblemUTF8, "{\"a\":\"\xf0\x9f\x98\"}": ProblemUTF8, "{\"\xff\":1}": ProblemUTF8,
		"{\"a\":\"J\xf6rg und noch mehr Text\"}": ProblemUTF8, "{\"a\":\"noch mehr Text bis J\xf6rg\"}": ProblemUTF8,
		`{"a":` + deep(MaxDepth-2) + `}`:                                            ProblemDepth,
		strings.Repeat(`{"a":`, MaxDepth-1) + `1` + strings.Repeat(`}`, MaxDepth-1): ProblemDepth,
	} {
		line := around(data)
		v, e := checkLine(t, []byte(line))
		got := partsOf(line, e)
		if v != BrokenLine || got.kind != Record || got.stream != "users" || got.namespace != "shop" {
			t.Errorf("%.40q: %s %+v", data, verdictName(v), got)
		}
		if at := strings.Index(line, data); e.Problem != want || e.Offset < at || e.Offset > at+len(data) {
			t.Errorf("%.40q: %v at %d, want %v within %d", data, e.Problem, e.Offset, want, at)
		}
	}
}

func TestWhatTheGrammarAllowsIsFine(t *testing.T) {
	deep := func(n int) string { return strings.Repeat(`[`, n) + strings.Repeat(`]`, n) }
	for _, data := range []string{
		`{}`, ` { } `, `{"":""}`, `{"a":1e400}`, `{"a":-0}`, `{"a":0.0}`, `{"a":-0.5E-7}`, `{"a":0e0}`, `{"a":123456789012345678901234567890}`,
		`{"a":[1.5e+10,true,false,null,"x",{},[]]}`, `{"a":"\ud83d"}`, `{"a":"\udc00\ud83d"}`, `{"a":"\u0000\"\\\/\b\f\n\r\t\uD83D\ude00"}`,
		`{"a":"é ö ж 注文 💡 ` + "\x7f \u0080 \u07ff \u0800 \uffff \U00010000 \U0010ffff" + `"}`, "{\t\"a\"\r:\n1 }",
		strings.Repeat(`{"a":`, MaxDepth-2) + `1` + strings.Repeat(`}`, MaxDepth-2), `{"a":` + deep(MaxDepth-3) + `}`, `{"a":` + deep(63) + `,"b":` + deep(64) + `,"c":` + deep(65) + `,"d":` + deep(129) + `}`,
		`{"a":` + strings.Repeat(`{"k":[`, 1000) + strings.Repeat(`]}`, 1000) + `}`,
		`{"a":"` + strings.Repeat("0123456789", 1000) + `"}`, `{"a":` + strings.Repeat("1", 10_000) + `}`,
	} {
		line := around(data)
		if v, e := checkLine(t, []byte(line)); v != ProtocolLine {
			t.Errorf("%.40q: %s %v at %d", data, verdictName(v), e.Problem, e.Offset)
		}
	}
}

func TestOfABrokenRecordOnlyItsOwnStreamIsNamed(t *testing.T) {
	for line, want := range map[string]string{
		`{"type":"RECORD","meta":{"stream":"no"},"record":{"stream":"u","data":{"stream":"no","a":NaN}}}`: "u",
		`{"type":"RECORD","record":{"data":{"a":NaN,"stream":"no"},"x":{"stream":"no"},"stream":"u"}}`:    "u",
		`{"type":"RECORD","record":{"data":[NaN,{"stream":"no"},"stream","no"]}}`:                         "",
		`{"type":"RECORD","record":[{"stream":"no"},"stream","no"],"stream":"no",}`:                       "",
		`{"type":"RECORD","record":{"stream":"u","stream":"no","data":NaN}}`:                              "u",
		`{"type":"RECORD","record":{"stream":"no\x","data":{}}}`:                                          "",
		`{"a":1}{"record":{"str\u0065am":"u","data":{}},"type":"RECORD"}`:                                 "u",
	} {
		v, e := checkLine(t, []byte(line))
		if got := partsOf(line, e); v != BrokenLine || got.kind != Record || got.stream != want {
			t.Errorf("%s: %s %+v", line, verdictName(v), got)
		}
	}
}

func TestTheMessageItselfIsTheFirstLevelOfDepth(t *testing.T) {
	for n, want := range map[int]Verdict{MaxDepth - 2: ProtocolLine, MaxDepth - 1: BrokenLine} {
		data := strings.Repeat("[", n) + strings.Repeat("]", n)
		for _, line := range []string{`{"type":"STATE","state":{"data":` + data + `}}`, `{"type":"LOG","log":{},"x":[` + data + `]}`} {
			if v, e := checkLine(t, []byte(line)); v != want {
				t.Errorf("%d arrays in %.30q: %s, %v", n, line, verdictName(v), e.Problem)
			}
		}
	}
}

func TestOfTwoRecordsTheFirstNamesTheStream(t *testing.T) {
	line := `{"type":"RECORD","record":{"stream":"u","data":{}},"record":{"stream":"v","namespace":"n","data":{}}}`
	v, e := checkLine(t, []byte(line))
	if got := partsOf(line, e); v != BrokenLine || e.Problem != ProblemDuplicateKey || got != (parts{kind: Record, stream: "u"}) {
		t.Errorf("%s %v %+v", verdictName(v), e.Problem, got)
	}
}

func TestEveryNonASCIIByteIsChecked(t *testing.T) {
	for c := 0x80; c <= 0xff; c++ {
		for at := range 24 {
			text := strings.Repeat("x", at) + string([]byte{byte(c)}) + strings.Repeat("y", 24-at)
			line := around(`{"a":"` + text + `"}`)
			if v, e := checkLine(t, []byte(line)); v != BrokenLine || e.Problem != ProblemUTF8 || e.Offset != strings.Index(line, text)+at {
				t.Fatalf("byte %#x after %d: %s %v at %d", c, at, verdictName(v), e.Problem, e.Offset)
			}
		}
	}
}

func TestMistakesOutsideTheDataBreakMessages(t *testing.T) {
	valid := `{"type":"RECORD","record":{"stream":"users","data":{}}}`
	for line, want := range map[string]Problem{
		valid + valid: ProblemTrailing, valid + "x": ProblemTrailing, valid + "\x00": ProblemTrailing, valid + "}": ProblemTrailing,
		"\xef\xbb\xbf" + valid: ProblemByteOrderMark, " \xef\xbb\xbf " + valid: ProblemByteOrderMark,
		`{"type" "RECORD","record":{"stream":"users","data":{}}}`:          ProblemSyntax,
		`{"x":"say "hello"","type": "RECORD","record":{"stream":"users"}}`: ProblemSyntax,
		`{"x":NaN,"record":{"stream":"users","data":{}},"type":"RECORD"}`:  ProblemNotFinite,
		`{type:"RECORD","record":{"stream":"users","data":{}}}`:            ProblemSyntax,
		`{"type":"RECORD","record":{"stream":"users","data":{}]}`:          ProblemSyntax,
		`{"type":"RECORD" "record":{"stream":"users","data":{}}}`:          ProblemSyntax,
		`{{"type":"RECORD","record":{"stream":"users","data":{}}}`:         ProblemSyntax,
		`{}{"type":"RECORD","record":{"stream":"users","data":{}}}`:        ProblemTrailing,
	} {
		if v, e := checkLine(t, []byte(line)); v != BrokenLine || e.Type != Record || e.Problem != want {
			t.Errorf("%q: %s %v %v", line, verdictName(v), e.Type, e.Problem)
		}
	}
}

func TestCutMessagesAreBrokenAndNameWhatCameBeforeTheCut(t *testing.T) {
	line := `{"type": "RECORD", "record": {"namespace": "shöp", "stream": "us\u0065rs", "data": {"a": [1.5, "x\n", true], "b": -2e3}, "emitted_at": 1}}`
	checkCuts(t, line, Record, `"RECORD"`)
	checkCuts(t, `{"record":{"data":{"b":null,"c":{"stream":"no"}},"stream":"us\u0065rs","namespace":"shöp"},"type":"RECORD"}`, Record, `"record":{`)
	checkCuts(t, `{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"u"}}}}`, State, `"STATE"`)
	checkCuts(t, `{"connectionStatus":{"status":"FAILED"},"type":"CONNECTION_STATUS"}`, ConnectionStatus, `"connectionStatus":{`)
	checkCuts(t, `{"x":{"record":{}},"log":{"level":"INFO","message":"m"},"type":"LOG"}`, Log, `"log":{`)
}

// checkCuts cuts line everywhere. Behind known, its type can be told.
func checkCuts(t *testing.T, line string, kind Type, known string) {
	t.Helper()
	after := strings.Index(line, known) + len(known)
	stream := strings.Index(line, `us\u0065rs"`) + len(`us\u0065rs"`)
	namespace := strings.Index(line, `shöp"`) + len(`shöp"`)
	for n := range len(line) {
		v, e := checkLine(t, []byte(line[:n]))
		if n < after {
			if v == ProtocolLine {
				t.Errorf("%s: %s", line[:n], verdictName(v))
			}
			continue
		}
		if v != BrokenLine || e.Type != kind || e.Problem != ProblemTruncated || e.Offset != n {
			t.Errorf("%s: %s %v %v at %d", line[:n], verdictName(v), e.Type, e.Problem, e.Offset)
		}
		if kind != Record {
			continue
		}
		if got := partsOf(line[:n], e); (got.stream != "") != (n >= stream) || (got.namespace != "") != (n >= namespace) || e.Escaped != (n >= stream) {
			t.Errorf("%s: stream %q, namespace %q", line[:n], got.stream, got.namespace)
		}
	}
}
