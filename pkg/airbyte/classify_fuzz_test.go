package airbyte

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// FuzzClassify holds Classify against encoding/json's grammar plus UTF-8, exact
// keys and the rules of the envelope (checkLine). The line is tried alone and
// as the data of a message, where it is longer than the scanner's steps.
func FuzzClassify(f *testing.F) {
	for _, seed := range fuzzSeeds() {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		checkLine(t, line)
		for _, frame := range []string{
			`{"type":"RECORD","record":{"stream":"s","data":{"k":%},"emitted_at":1700000000000}}`,
			`{"record":{"data":{"0123456789":[%, "x" ]}, %: 5, "stream":%},"type":"RECORD"}`,
			`{"type":%,"record":{"stream":"s","namespace":%,"data":{%:0}}, %:1}`,
		} {
			checkLine(t, bytes.ReplaceAll([]byte(frame), []byte("%"), line))
		}
	})
}

func fuzzSeeds() []string {
	seeds := []string{
		`{"type":"RECORD","record":{"stream":"u","namespace":null,"data":{"a":[1,-0.5e+7,"é\ud83d\ude00",{}]},"emitted_at":1.0}}`,
		`{"record":{"data":{"type":"x"},"emitted_at":1,"stream":"\u0075"},"type":"RECORD"}`, `{"t\u0079pe":"STATE","state":{},"state":{}}`,
		`{ "type" : "LOG" , "log" : { } }`, `{"TYPE":"LOG","type":"LOG","log":null}`, `"RECORD"`, `"type"`, `"stream"`, `"data"`, `"record"`, `{}`, `[]`,
		`{"a":NaN}`, `{"a":-Infinity}`, `01`, `1e`, `1.`, `-`, `0.1e-2`, `12345678`, `123456789012345678901234567890`, `"\u12"`, "\"\xff\"", "\"\xed\xa0\x80\"",
		"\"0123456789abcdef\x00\"", "\"012345678901234\xc3\xa9\"", "\"注文は昨日発送されました💡\"", `"\\\"\/\b\f\n\r\t\u0000\ud800"`, "\xef\xbb\xbf{}", `{"type":"TRACE"`, `tru`, `nulll`,
		strings.Repeat(`[`, 65) + strings.Repeat(`]`, 65), strings.Repeat(`{"a":[`, 40) + strings.Repeat(`]}`, 40),
		strings.Repeat(`[`, MaxDepth-2) + strings.Repeat(`]`, MaxDepth-2), strings.Repeat(`[`, MaxDepth+1) + strings.Repeat(`]`, MaxDepth+1),
	}
	for kind := Record; kind <= DestinationCatalog; kind++ {
		seeds = append(seeds, `{"type":"`+kind.String()+`","`+kind.BodyKey()+`":{}}`, `{"`+kind.BodyKey()+`":{`)
	}
	return seeds
}

// FuzzUnquote holds Unquote and KeyIs against encoding/json on valid strings;
// on others they must only not fail.
func FuzzUnquote(f *testing.F) {
	for _, seed := range []string{``, `a`, `\`, `\u`, `\u00`, `\u0041`, `\ud83d\ude00`, `\ud83d`, `\ude00\ud83d`, `\ud83d\n`, `\x`, `é\\`, "\xff\\t"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if strictJSON([]byte(`"` + string(raw) + `"`)) {
			checkUnquote(t, raw)
			return
		}
		if out := Unquote(nil, raw); len(out) > 3*len(raw) {
			t.Fatalf("Unquote(%q) = %q", raw, out)
		}
		KeyIs(raw, "type")
	})
}

// FuzzMembers holds Members and Elements against encoding/json on valid
// objects and arrays; on others they must only end.
func FuzzMembers(f *testing.F) {
	for _, seed := range []string{`{}`, `[]`, `{"a":1,"a":[1,{"b":null}]}`, ` [ 1 , 2 ] `, `{"a"`, `[1`, `{"a":1,`, `x`, ``} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		all := Span{0, len(value)}
		trimmed := bytes.TrimLeft(value, " \t\r\n")
		switch {
		case json.Valid(value) && strictJSON(value) && trimmed[0] == '{':
			checkMembers(t, value, all)
		case json.Valid(value) && strictJSON(value) && trimmed[0] == '[':
			checkElements(t, value, all)
		default:
			for k, v := range Members(value, all) {
				_, _ = k.Of(value), v.Of(value)
			}
			for v := range Elements(value, all) {
				_ = v.Of(value)
			}
		}
	})
}
