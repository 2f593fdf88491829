package airbyte

import (
	"fmt"
	"testing"
)

func ExampleMembers() {
	line := []byte(`{"type":"RECORD","record":{"stream":"users","data":{"id":7,"n\u0061me": "Ada" ,"tags":[1, 2]}}}`)
	var e Envelope
	Classify(line, &e)
	for key, value := range Members(line, e.Data) {
		fmt.Printf("%s is %s\n", Unquote(nil, key.Of(line)), value.Of(line))
	}
	// Output:
	// id is 7
	// name is "Ada"
	// tags is [1, 2]
}

func TestWalksGiveWhatEncodingJSONGives(t *testing.T) {
	for _, obj := range []string{`{}`, ` { } `, `{"a":1}`, "{ \"a\" :\t[ ] , \"a\":\"x\"\r, \"\\u0061\":{\"b\":[1,{}]}}", `{"":null,"long key of many bytes":[true, false ,[0]]}`} {
		line := []byte("##" + obj + "##")
		checkMembers(t, line[:len(line)-2], Span{2, len(line) - 2})
	}
	for _, arr := range []string{`[]`, `[ ]`, `[1]`, ` [ "a" , {"b":[]},null ] `} {
		checkElements(t, []byte(arr), Span{0, len(arr)})
	}
}

func TestWalksEndAtAMistakeOrABreak(t *testing.T) {
	for text, want := range map[string]int{``: 0, `x`: 0, `{`: 0, `[`: 0, `{"a":1,"b":tru}`: 1, `{"a":1 "b":2}`: 1, `{"a":1,}`: 1, `[1,2,}`: 2, `[1 2]`: 1, `{"a":1,"b":2`: 2} {
		n := 0
		for range Members([]byte(text), Span{0, len(text)}) {
			n++
		}
		for range Elements([]byte(text), Span{0, len(text)}) {
			n++
		}
		if n != want {
			t.Errorf("%q: %d steps, want %d", text, n, want)
		}
	}
	for range Members([]byte(`{"a":1,"b":2}`), Span{0, 13}) {
		break
	}
	n := 0
	for range Elements([]byte(`[1,2,3]`), Span{0, 7}) {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("walked %d elements after a break at 2", n)
	}
}

// The walk stays within the span even if the line goes on.
func TestWalksStayWithinTheirSpan(t *testing.T) {
	line := []byte(`{"a":12345}`)
	for key, value := range Members(line, Span{0, 8}) {
		if value.End > 8 {
			t.Errorf("member %q goes to %d", key.Of(line), value.End)
		}
	}
}
