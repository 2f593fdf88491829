package airbyte

import (
	"bytes"
	"testing"
)

// Records of 25 million characters were seen and lines of 256 MiB are allowed:
// no path may look at the same bytes again and again, or this test hangs.
func TestLongLinesAreJudgedInOnePass(t *testing.T) {
	const size = 5_000_000
	fill := func(pattern string) string { return string(bytes.Repeat([]byte(pattern), size/len(pattern))) }
	for name, c := range map[string]struct {
		line string
		want Verdict
	}{
		"text":               {around(`{"a":"` + fill("0123456789ж") + `"}`), ProtocolLine},
		"fields":             {around(`{` + fill(`"a":1,`) + `"b":2}`), ProtocolLine},
		"blanks":             {around(`{` + fill(" ") + `}`), ProtocolLine},
		"cut text":           {`{"type":"RECORD","record":{"stream":"u","data":{"a":"` + fill("x"), BrokenLine},
		"cut backslashes":    {`{"type":"RECORD","record":{"stream":"u","data":{"a":"` + fill(`\\`), BrokenLine},
		"bad streams":        {`{"type":"RECORD","record":{` + fill(`"stream":"\x",`), BrokenLine},
		"types that are not": {`{]` + fill(`"type" : "x" `), LogLine},
		"types and blanks":   {`{]` + fill(`"type"`) + fill(" "), LogLine},
		"open quotes":        {`{]"type":"` + fill(`type`), LogLine},
		"braces":             {fill(`{`), LogLine},
	} {
		t.Run(name, func(t *testing.T) {
			if v := Classify([]byte(c.line), new(Envelope)); v != c.want {
				t.Errorf("%.60q... is a %s", c.line, verdictName(v))
			}
		})
	}
}
