package airbyte_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"knelt.dev/pkg/airbyte"
)

func mustDecode(t *testing.T, line string) *airbyte.Message {
	t.Helper()
	m, err := airbyte.Decode([]byte(line))
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return m
}

func TestUnknownPropertiesSurviveWhereverTheyAre(t *testing.T) {
	for _, line := range []string{
		`{"type":"RECORD","record":{"stream":"a","data":{},"emitted_at":1,"meta":{"changes":[{"field":"f","change":"NULLED","reason":"r","x":1}],"y":{"z":[1.0]}},"w":"<&>"},"record_id":12345678901234567890}`,
		`{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"a"},"stream_state":{},"x":1},"sourceStats":{"recordCount":1.0,"x":1e400},"x":null},"vendor":{"cursor":"a\u0041"}}`,
		`{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1,"stream_status":{"stream_descriptor":{"name":"a"},"status":"RUNNING","reasons":[{"type":"RATE_LIMITED","rate_limited":{"quota_reset":1,"x":1},"y":1}],"z":1},"w":1}}`,
		`{"type":"TRACE","trace":{"type":"NEW_KIND","emitted_at":1,"new_kind":{"a":1}}}`,
		`{"type":"CATALOG","catalog":{"streams":[{"name":"a","json_schema":{},"x":1}],"y":1}}`,
		`{"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","emitted_at":1,"connectorConfig":{"config":{},"x":1}},"STATE":1,"State":2}`,
	} {
		m := mustDecode(t, line)
		again, err := airbyte.AppendLine(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		if string(again) != line+"\n" {
			t.Errorf("\n got %swant %s", again, line)
		}
	}
}

func TestPropertyNamesAreMatchedExactly(t *testing.T) {
	m := mustDecode(t, `{"type":"RECORD","TYPE":"LOG","Record":1,"record":{"stream":"a","STREAM":"b","data":{"id":1},"Data":{"id":2},"emitted_at":1}}`)
	if m.Type != airbyte.Record || m.Record.Stream != "a" || string(m.Record.Data) != `{"id":1}` {
		t.Errorf("read %+v %+v", m, m.Record)
	}
	escaped := mustDecode(t, `{"\u0074ype":"LOG","log":{"level":"INFO","mess\u0061ge":"x"}}`)
	if escaped.Log == nil || escaped.Log.Message != "x" {
		t.Errorf("escaped names read as %+v", escaped)
	}
}

func TestExplicitNullsMeanAbsent(t *testing.T) {
	m := mustDecode(t, `{"type":"RECORD","state":null,"log":null,"record":{"stream":"a","namespace":null,"data":{},"emitted_at":null,"meta":null,"file_reference":null}}`)
	if m.Record.Namespace != "" || m.Record.Meta != nil || m.Record.FileReference != nil || len(m.Extra) != 0 {
		t.Errorf("read %+v", m.Record)
	}
	s := mustDecode(t, `{"type":"STATE","state":{"type":null,"stream":null,"global":null,"data":{"a":1},"sourceStats":{"recordCount":null,"additionalStats":{"a":null}},"id":null}}`).State
	if s.Stream != nil || s.Global != nil || s.ID != nil || s.SourceStats.RecordCount != nil || !s.Untyped {
		t.Errorf("read %+v", s)
	}
	c := mustDecode(t, `{"type":"CATALOG","catalog":{"streams":[{"name":"a","namespace":null,"json_schema":null,"default_cursor_field":null,"source_defined_primary_key":null,"is_resumable":null}]}}`)
	if stream := c.Catalog.Streams[0]; stream.DefaultCursorField != nil || string(stream.JSONSchema) != "{}" {
		t.Errorf("read %+v", stream)
	}
}

func TestResetOfAStreamStaysNull(t *testing.T) {
	for _, line := range []string{
		`{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"a"},"stream_state":null}}}`,
		`{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"a"}}}}`,
	} {
		m := mustDecode(t, line)
		if got := string(m.State.Stream.State); got != "null" {
			t.Errorf("%s: stream_state is %q, want null", line, got)
		}
	}
}

func TestNumbersMayBeWrittenInAnyForm(t *testing.T) {
	for text, want := range map[string]int64{
		"1700000000000": 1700000000000, "1700000000000.0": 1700000000000, "1700000000000.999": 1700000000000,
		"1.7e12": 1700000000000, "17E+11": 1700000000000, "-1.5": -1, "0.1": 0, "-0": 0, "1e-5": 0, "0e99999": 0,
		"9223372036854775807": 9223372036854775807, "9007199254740993.0": 9007199254740993, "-9223372036854775808.0": -9223372036854775808,
		"0.00017e16": 1700000000000,
	} {
		m := mustDecode(t, `{"type":"RECORD","record":{"stream":"a","data":{},"emitted_at":`+text+`}}`)
		if m.Record.EmittedAt != want {
			t.Errorf("%s read as %d, want %d", text, m.Record.EmittedAt, want)
		}
	}
	state := mustDecode(t, `{"type":"STATE","state":{"type":"STREAM","id":7.0,"sourceStats":{"recordCount":100},"destinationStats":{"recordCount":1e2}}}`).State
	if *state.ID != 7 || *state.SourceStats.RecordCount != 100 || *state.DestinationStats.RecordCount != 100 {
		t.Errorf("read %+v", state)
	}
	trace := mustDecode(t, `{"type":"TRACE","trace":{"type":"ERROR","emitted_at":1700000000000.123}}`).Trace
	if trace.EmittedAt != 1700000000000.123 {
		t.Errorf("read %v", trace.EmittedAt)
	}
}

func TestNestedEnvelopesAreUnwrapped(t *testing.T) {
	catalog := mustDecode(t, `{"type":"CATALOG","outer":1,"catalog":{"type":"CATALOG","inner":2,"catalog":{"streams":[{"name":"a"}]}}}`)
	if len(catalog.Catalog.Streams) != 1 || string(catalog.Extra["outer"]) != "1" || string(catalog.Extra["inner"]) != "2" {
		t.Errorf("read %+v", catalog)
	}
	spec := mustDecode(t, `{"spec":{"spec":{"connectionSpecification":{"type":"object"}},"type":"SPEC"},"type":"SPEC"}`)
	if string(spec.Spec.ConnectionSpecification) != `{"type":"object"}` {
		t.Errorf("read %+v", spec.Spec)
	}
	status := mustDecode(t, `{"type":"CONNECTION_STATUS","connectionStatus":{"type":"CONNECTION_STATUS","connectionStatus":{"status":"FAILED"}}}`)
	if status.ConnectionStatus.Status != airbyte.CheckFailed {
		t.Errorf("read %+v", status.ConnectionStatus)
	}
	state := mustDecode(t, `{"type":"STATE","state":{"type":"LEGACY","data":{},"state":{"type":"LEGACY"}}}`)
	if state.State.Extra["state"] == nil {
		t.Error("a state's own property named state was taken for an envelope")
	}
}

func TestErrorsNameTheFieldAndKeepTheContentToThemselves(t *testing.T) {
	for line, want := range map[string]string{
		``:                              "not valid JSON",
		`SECRET`:                        "not valid JSON",
		`{"type":"LOG"} {"x":"SECRET"}`: "not valid JSON (byte 16)",
		`["SECRET"]`:                    "must be a JSON object",
		"{\"type\":\"LOG\",\"log\":{\"message\":\"SECRET\xff\"}}":                                            "not valid UTF-8",
		`{"log":{"message":"SECRET"}}`:                                                                       "type: missing",
		`{"type":null,"log":{}}`:                                                                             "type: must be a string",
		`{"type":"SECRET"}`:                                                                                  "type: not a message type",
		`{"type":"record","record":{}}`:                                                                      "type: not a message type",
		`{"type":"LOG","log":{},"type":"LOG"}`:                                                               "type: given twice",
		`{"type":"LOG","log":{},"log":{}}`:                                                                   "log: given twice",
		`{"type":"LOG","l\u006fg":{},"log":{}}`:                                                              "log: given twice",
		`{"type":"LOG","state":{}}`:                                                                          "log: missing, though the type is LOG",
		`{"type":"LOG","log":null}`:                                                                          "log: missing",
		`{"type":"LOG","log":"SECRET"}`:                                                                      "log: must be a JSON object",
		`{"type":"LOG","log":{"message":["SECRET"]}}`:                                                        "log.message: must be a string",
		`{"type":"RECORD","record":{"data":{"a":"SECRET"}}}`:                                                 "record.stream: missing",
		`{"type":"RECORD","record":{"stream":"a","data":null}}`:                                              "record.data: missing",
		`{"type":"RECORD","record":{"stream":"a","stream":"b","data":{}}}`:                                   "record.stream: given twice",
		`{"type":"RECORD","record":{"stream":"a","data":{},"emitted_at":"SECRET"}}`:                          "record.emitted_at: must be a whole number",
		`{"type":"RECORD","record":{"stream":"a","data":{},"emitted_at":1e400}}`:                             "record.emitted_at: number out of range",
		`{"type":"RECORD","record":{"stream":"a","data":{},"emitted_at":1e99999999999999}}`:                  "record.emitted_at: number out of range",
		`{"type":"STATE","state":{"type":"SECRET"}}`:                                                         "state.type: must be STREAM, GLOBAL or LEGACY",
		`{"type":"STATE","state":{"id":1.5}}`:                                                                "state.id: must be a whole number",
		`{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{}}}}`:                       "state.stream.stream_descriptor.name: missing",
		`{"type":"STATE","state":{"sourceStats":{"recordCount":"5"}}}`:                                       "state.sourceStats.recordCount: must be a number",
		`{"type":"STATE","state":{"sourceStats":{"additionalStats":{"n":"SECRET"}}}}`:                        "state.sourceStats.additionalStats.n: must be a number",
		`{"type":"CATALOG","catalog":{"streams":[{"name":"a"},{"name":3}]}}`:                                 "catalog.streams[1].name: must be a string",
		`{"type":"CATALOG","catalog":{"streams":{}}}`:                                                        "catalog.streams: must be an array",
		`{"type":"CATALOG","catalog":{"streams":[null]}}`:                                                    "catalog.streams[0]: must be a JSON object",
		`{"type":"CATALOG","catalog":{"streams":[{"name":"a","default_cursor_field":[1]}]}}`:                 "catalog.streams[0].default_cursor_field[0]: must be a string",
		`{"type":"CATALOG","catalog":{"streams":[{"name":"a","source_defined_primary_key":[["id"],"id"]}]}}`: "catalog.streams[0].source_defined_primary_key[1]: must be an array",
		`{"type":"CATALOG","catalog":{"streams":[{"name":"a","is_resumable":"yes"}]}}`:                       "catalog.streams[0].is_resumable: must be true or false",
	} {
		_, err := airbyte.Decode([]byte(line))
		var field *airbyte.FieldError
		if !errors.As(err, &field) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", line, err, want)
		} else if strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: the error quotes content: %v", line, err)
		}
	}
}

func TestNothingDecodedPointsIntoTheLine(t *testing.T) {
	line := []byte(`{"type":"RECORD","x":"extra","record":{"stream":"users","data":{"id":1},"emitted_at":1}}`)
	m := mustDecode(t, string(line))
	fromLine, err := airbyte.Decode(line)
	if err != nil {
		t.Fatal(err)
	}
	for i := range line {
		line[i] = '#'
	}
	want, _ := json.Marshal(m)
	got, err := json.Marshal(fromLine)
	if err != nil || string(got) != string(want) {
		t.Errorf("after the line was overwritten: %s, %v", got, err)
	}
}

func TestEncodingJSONFollowsTheSameRules(t *testing.T) {
	var holder struct {
		Catalog *airbyte.ConfiguredCatalog `json:"catalog"`
		Stats   airbyte.StateStats         `json:"stats"`
	}
	const text = `{"catalog":{"streams":[{"stream":{"name":"a","json_schema":{},"x":1},"sync_mode":"full_refresh",` +
		`"destination_sync_mode":"append","generation_id":0,"minimum_generation_id":0,"sync_id":0,"NAME":"b"}]},"stats":{"recordCount":5.0}}`
	if err := json.Unmarshal([]byte(text), &holder); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(holder)
	if err != nil || string(again) != text {
		t.Errorf("%v\n got %s\nwant %s", err, again, text)
	}
}
