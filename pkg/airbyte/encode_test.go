package airbyte_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"knelt.dev/pkg/airbyte"
)

func TestAMessageIsOneLineWhateverItsPartsAre(t *testing.T) {
	data := json.RawMessage("{\r\n  \"a\": \"<x>\",\n  \"b\": 1.50\n}")
	m := &airbyte.Message{Type: airbyte.Record, Record: &airbyte.RecordMessage{Stream: "a\nb", Data: data}}
	var out bytes.Buffer
	if err := airbyte.Encode(&out, m); err != nil {
		t.Fatal(err)
	}
	want := `{"type":"RECORD","record":{"stream":"a\nb","data":{"a":"<x>","b":1.50},"emitted_at":0}}` + "\n"
	if out.String() != want {
		t.Errorf("\n got %swant %s", out.String(), want)
	}
}

func TestWhatCannotBeWrittenIsAnErrorAndWritesNothing(t *testing.T) {
	log := &airbyte.LogMessage{Level: "INFO", Message: "x"}
	record := func(data string) *airbyte.Message {
		return &airbyte.Message{Type: airbyte.Record, Record: &airbyte.RecordMessage{Stream: "a", Data: json.RawMessage(data)}}
	}
	infinite := airbyte.Count(math.Inf(1))
	for want, m := range map[string]*airbyte.Message{
		"type: missing": {Log: log},
		"log: missing":  {Type: airbyte.Log},
		"log: does not belong to a message of type STATE":        {Type: airbyte.State, State: &airbyte.StateMessage{Data: json.RawMessage("{}")}, Log: log},
		"record.data: missing":                                   record(""),
		"record.data: not valid JSON (byte 1)":                   record("SECRET"),
		"record.data: not valid UTF-8":                           record("\"\xff\""),
		"log: is in Extra and a property of its own":             {Type: airbyte.Log, Log: log, Extra: airbyte.Extra{"log": json.RawMessage("1")}},
		"x: not valid JSON":                                      {Type: airbyte.Log, Log: log, Extra: airbyte.Extra{"x": nil}},
		"trace.emitted_at: JSON has no such number":              {Type: airbyte.Trace, Trace: &airbyte.TraceMessage{Type: "ERROR", EmittedAt: math.NaN()}},
		"state.sourceStats.recordCount: JSON has no such number": {Type: airbyte.State, State: &airbyte.StateMessage{Untyped: true, SourceStats: &airbyte.StateStats{RecordCount: &infinite}}},
		"type: missing ":                                         {Type: 99, Log: log},
	} {
		line, err := airbyte.AppendLine([]byte("before"), m)
		var field *airbyte.FieldError
		if !errors.As(err, &field) || !strings.HasPrefix(err.Error()+" ", want) {
			t.Errorf("got %v, want %s", err, want)
		}
		if string(line) != "before" {
			t.Errorf("%s: %q was written", want, line)
		}
	}
}

func TestTextIsEscapedAsEncodingJSONReadsIt(t *testing.T) {
	var all strings.Builder
	for r := range rune(0x3000) {
		all.WriteRune(r)
	}
	all.WriteString("\U0001F600\uFFFD")
	for _, text := range []string{all.String(), "", "a\xffb", "<&>"} {
		written := airbyte.AppendString(nil, text)
		var back string
		if err := json.Unmarshal(written, &back); err != nil {
			t.Fatal(err)
		}
		if want := strings.ToValidUTF8(text, "\uFFFD"); back != want {
			t.Errorf("%.20q came back as %.20q", want, back)
		}
	}
}

func TestTypesHaveTheProtocolsWords(t *testing.T) {
	for typ, words := range map[airbyte.Type][2]string{
		airbyte.Record: {"RECORD", "record"}, airbyte.ConnectionStatus: {"CONNECTION_STATUS", "connectionStatus"},
		airbyte.DestinationCatalog: {"DESTINATION_CATALOG", "destination_catalog"}, airbyte.None: {"", ""},
	} {
		if typ.String() != words[0] || typ.BodyKey() != words[1] {
			t.Errorf("%d: %s %s", typ, typ, typ.BodyKey())
		}
		parsed, ok := airbyte.ParseType(words[0])
		if parsed != typ || ok != (typ != airbyte.None) {
			t.Errorf("ParseType(%q) = %v, %v", words[0], parsed, ok)
		}
	}
	text, err := json.Marshal(map[airbyte.Type]airbyte.Type{airbyte.Log: airbyte.Trace})
	if err != nil || string(text) != `{"LOG":"TRACE"}` {
		t.Errorf("%s %v", text, err)
	}
	if _, err := json.Marshal(airbyte.None); err == nil {
		t.Error("None was written as a type")
	}
}
