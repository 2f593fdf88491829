package main

import (
	"testing"
)

func TestStatesCarryTheCountsOfTheirStreamSinceItsLastState(t *testing.T) {
	l := newLake(t)
	r := l.write(0, catalog(stream("a", "", appending), stream("b", "", dedup)),
		record("a", `{"x":1}`), state("a", "1"), record("b", `{"id":1}`), record("a", `{"x":2}`), record("b", `{"no":"key"}`),
		state("a", "2"), state("b", "3"), state("a", "4"), state("stranger", "5"), global("6"))
	wantEqual(t, "states", states(r), "1 1/0, 2 1/0, 3 1/1, 4 0/0, 5 0/0, 6 3/1")
}

func TestBrokenLinesOfAKnownStreamAreRejected(t *testing.T) {
	l := newLake(t)
	r := l.write(0, catalog(stream("a", "", appending)),
		record("a", `{"x":1}`), record("a", `{"x":NaN}`), record("a", `{"x":"`+"\xff"+`"}`), record("a", `[1]`), record("a", `null`),
		`{"type":"RECORD","record":{"stream":"a","data":{"x":`, "plain text", `{"not":"a message"}`, `{"type":"STATE","state":{"type":"STREAM"`,
		record("a", `{}`), state("a", "1"), `{"type":"RECORD","record":{"stream":"a","da`)
	wantEqual(t, "states", states(r), "1 2/5")
	l.Want(`SELECT count(*) FROM a`, "2")
}

func TestAReturnedStateIsTheLineThatCameWithCountsBehindIt(t *testing.T) {
	l := newLake(t)
	body := ` "zz" : 1.0, "id":12345678901234567890123, "type" : "STREAM","stream":{"stream_descriptor":{"name":"a","namespace":null},"stream_state":{"b":1e400,"a":1,"a":2}}`
	r := l.write(0, catalog(stream("a", "", appending)), `{"sibling":[1.0],"state":{`+body+`},"type":"STATE"}`+"\r", `{"type":"STATE","state":{}}`)
	stats := `"destinationStats":{"recordCount":0.0,"rejectedRecordCount":0.0}`
	wantEqual(t, "lines", string(r.Stdout), `{"sibling":[1.0],"state":{`+body+`,`+stats+`},"type":"STATE"}`+"\n"+`{"type":"STATE","state":{`+stats+"}}\n")
}
