package main

import (
	"strings"
	"testing"

	"knelt.dev/pkg/airbyte"
)

func TestStatesCarryTheCountsOfTheirStreamSinceItsLastState(t *testing.T) {
	l := newLake(t)
	r := l.write(0, catalog(stream("a", "", appending), stream("b", "", dedup)),
		record("a", `{"x":1}`), state("a", "1"), record("b", `{"id":1}`), record("a", `{"x":2}`), record("b", `{"no":"key"}`),
		state("a", "2"), state("b", "3"), state("a", "4"), state("stranger", "5"))
	wantEqual(t, "states", states(r), "1 1/0, 2 1/0, 3 1/1, 4 0/0, 5 0/0")
}

func TestGlobalAndLegacyStatesCountAllStreams(t *testing.T) {
	l := newLake(t)
	r := l.write(0, catalog(stream("a", "", appending), stream("b", "", appending)),
		record("a", `{"x":1}`), record("b", `{}`), record("stranger", `{}`), global("1"), record("b", `{}`),
		`{"type":"STATE","state":{"data":2}}`, `{"type":"STATE","state":{"type":"LEGACY","data":3}}`)
	wantEqual(t, "states", states(r), "1 2/1, 2 1/0, 3 0/0")
	if warnings := r.Of(airbyte.Log); len(warnings) != 1 || warnings[0].Log.Level != "WARN" {
		t.Errorf("warnings: %s", r.Stdout)
	}
}

func TestBrokenLinesOfAKnownStreamAreRejected(t *testing.T) {
	l := newLake(t)
	r := l.write(0, catalog(stream("a", "", appending)),
		record("a", `{"x":1}`), record("a", `{"x":NaN}`), record("a", `{"x":"`+"\xff"+`"}`), record("a", `[1]`), record("a", `null`),
		`{"type":"RECORD","record":{"stream":"a","data":{"x":`, "plain text", `{"not":"a message"}`, `{"type":"STATE","state":{"type":"STREAM"`,
		record("a", `{}`), state("a", "1"), `{"type":"RECORD","record":{"stream":"a","da`)
	wantEqual(t, "states", states(r), "1 2/5")
	l.want(`SELECT count(*) FROM a`, "2")
}

func TestAReturnedStateIsTheLineThatCameWithCountsBehindIt(t *testing.T) {
	l := newLake(t)
	body := ` "zz" : 1.0, "id":12345678901234567890123, "type" : "STREAM","stream":{"stream_descriptor":{"name":"a","namespace":null},"stream_state":{"b":1e400,"a":1,"a":2}}`
	r := l.write(0, catalog(stream("a", "", appending)), `{"sibling":[1.0],"state":{`+body+`},"type":"STATE"}`+"\r", `{"type":"STATE","state":{}}`)
	stats := `"destinationStats":{"recordCount":0.0,"rejectedRecordCount":0.0}`
	wantEqual(t, "lines", string(r.Stdout), `{"sibling":[1.0],"state":{`+body+`,`+stats+`},"type":"STATE"}`+"\n"+`{"type":"STATE","state":{`+stats+"}}\n")
}

func TestStreamsAreFoundByEscapedNamesAndWithoutTheirNamespace(t *testing.T) {
	l := newLake(t)
	inSpace := strings.Replace(stream("é", "", appending), `"json_schema"`, `"namespace":"s","json_schema"`, 1)
	r := l.write(0, catalog(inSpace),
		`{"type":"RECORD","record":{"stream":"\u00e9","namespace":"\u0073","data":{"x":1}}}`, record("é", `{"x":2}`), record("e", `{"x":3}`), state("é", "1"))
	wantEqual(t, "states", states(r), "1 2/0")
	l.want(`SELECT x FROM "s_é"`, "1|2")
}

func TestRecordsWithoutATableAreLeftOutAndNeverOfAnotherNamespace(t *testing.T) {
	l := newLake(t)
	one := strings.Replace(stream("a", "", appending), `"json_schema"`, `"namespace":"one","json_schema"`, 1)
	two := strings.ReplaceAll(one, "one", "two")
	r := l.write(0, catalog(one, two), record("a", `{}`), `{"type":"RECORD","record":{"stream":"a","namespace":"three","data":{}}}`,
		`{"type":"RECORD","record":{"stream":"a","namespace":"two","data":{}}}`, global("1"))
	wantEqual(t, "states", states(r), "1 1/2")
	l.want(`SELECT (SELECT count(*) FROM one_a), (SELECT count(*) FROM two_a)`, "0,1")
}

func TestAnEmptyCatalogReturnsStates(t *testing.T) {
	l := newLake(t)
	wantEqual(t, "states", states(l.write(0, `{"streams":[]}`, record("a", `{}`), global("1"))), "1 0/1")
}
