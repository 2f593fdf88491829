package airbyte

import (
	"strings"
	"testing"
)

func TestClassifyAllocatesNothing(t *testing.T) {
	for _, c := range []struct {
		line string
		want Verdict
	}{
		{`{"type":"RECORD","record":{"stream":"u","namespace":"\u006e","data":{"a":[1,"x"]},"emitted_at":1}}`, ProtocolLine},
		{`{"t\u0079pe":"\u0053TATE","\u0073tate":{"type":"STREAM"}}`, ProtocolLine},
		{around(strings.Repeat(`{"a":[`, 1000) + strings.Repeat(`]}`, 1000)), ProtocolLine},
		{"", LogLine},
		{"plain text", LogLine},
		{`{"level":"INFO","message":"not ours"}`, LogLine},
		{`{'a': 1}`, LogLine},
		{`{"type":"RECORD","record":{"stream":"u"}}`, BrokenLine},
		{`{"type":"STATE","state":{},"state":{}}`, BrokenLine},
		{`{"record":{"stream":"us\u0065rs","namespace":"n","data":{"a":"half a li`, BrokenLine},
		{around(`{"a":NaN,"b":"` + "\xff" + `"}`), BrokenLine},
		{"\xef\xbb\xbf" + around("{}"), BrokenLine},
		{`{"a":"stray " quote","type":"LOG"}`, BrokenLine},
	} {
		line, e, v := []byte(c.line), Envelope{}, Verdict(0)
		if n := testing.AllocsPerRun(50, func() { v = Classify(line, &e) }); n != 0 || v != c.want {
			t.Errorf("%.60q: %v allocations, %s", c.line, n, verdictName(v))
		}
	}
}

func TestWalkingAllocatesNothing(t *testing.T) {
	line := []byte(`{"a":1,"\u0062":[1,2,3],"c":{"d":null}}`)
	buf := make([]byte, 0, 16)
	n := testing.AllocsPerRun(50, func() {
		found := 0
		for key, value := range Members(line, Span{0, len(line)}) {
			if !KeyIs(key.Of(line), "b") {
				continue
			}
			buf = Unquote(buf[:0], key.Of(line))
			for range Elements(line, value) {
				found++
			}
		}
		if found != 3 || string(buf) != "b" {
			t.Fatalf("found %d elements under %q", found, buf)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
