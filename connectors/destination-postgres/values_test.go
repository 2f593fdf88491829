package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"knelt.dev/connectors/internal/load"
)

const every = `"int":{"type":"integer"},"num":{"type":"number"},"bool":{"type":"boolean"},"text":{"type":"string"},"doc":{"type":"object"},"any":{},
	"date":{"type":"string","format":"date"},"ts":{"type":"string","format":"date-time","airbyte_type":"timestamp_without_timezone"},
	"tz":{"type":["null","string"],"format":"date-time"},"time":{"type":"string","format":"time","airbyte_type":"time_without_timezone"},
	"timetz":{"type":"string","format":"time","airbyte_type":"time_with_timezone"},"bin":{"type":"string","contentEncoding":"base64"}`

func TestColumnsGetTheTypesOfTheSchema(t *testing.T) {
	l := newLake(t)
	l.write(0, catalog(stream("a", every+`,"mixed":{"type":["string","integer"]},"one":{"oneOf":[{"type":"null"},{"type":"integer"}]},"list":{"type":["null","array"]},
		"t":true,"f":{"type":"future"},"u":{"type":"string","format":"uuid"},"big":{"type":"integer","airbyte_type":"big_integer"},"ni":{"type":"number","airbyte_type":"integer"}`, appending)))
	wantEqual(t, "columns", l.columns("a"), `any jsonb, big numeric, bin bytea, bool boolean, date date, doc jsonb, f jsonb, int bigint, list jsonb, mixed jsonb, ni bigint, num numeric, one bigint, t jsonb, text text, time time without time zone, timetz time with time zone, ts timestamp without time zone, tz timestamp with time zone, u text`)
	l.Want(`SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'a'::regclass AND attname LIKE '\_airbyte\_%'`,
		"_airbyte_raw_id uuid, _airbyte_extracted_at timestamp with time zone, _airbyte_generation_id bigint, _airbyte_meta jsonb")
}

// Values of a field, the value that is stored, and the change: N is NULLED, T is
// TRUNCATED, c for a type cast, s for size, x for what cannot be serialised.
func TestValuesAreKeptOrTheirChangeIsNoted(t *testing.T) {
	cases := [][4]string{
		{"int", `9223372036854775807`, `9223372036854775807`, ""},
		{"int", `-9223372036854775808`, `-9223372036854775808`, ""},
		{"int", `9223372036854775808`, `NULL`, "Ns"},
		{"int", `1.0`, `1`, ""},
		{"int", `1e3`, `1000`, ""},
		{"int", `1.5`, `NULL`, "Nc"},
		{"int", `"42"`, `42`, ""},
		{"int", `"x"`, `NULL`, "Nc"},
		{"int", `true`, `NULL`, "Nc"},
		{"int", `[1]`, `NULL`, "Nc"},
		{"num", `123456789012345678901234567890.12345678901234567890`, `123456789012345678901234567890.12345678901234567890`, ""},
		{"num", `1.50`, `1.50`, ""},
		{"num", `5e-324`, `0.` + strings.Repeat("0", 323) + `5`, ""},
		{"num", `1e400`, `1` + strings.Repeat("0", 400), ""},
		{"num", `1e200000`, `NULL`, "Ns"},
		{"num", `1e-20000`, `NULL`, "Ns"},
		{"num", `"1.25"`, `1.25`, ""},
		{"num", `"NaN"`, `NULL`, "Nc"},
		{"num", `""`, `NULL`, "Nc"},
		{"bool", `true`, `t`, ""},
		{"bool", `"false"`, `f`, ""},
		{"bool", `1`, `NULL`, "Nc"},
		{"text", `"a \"b\" \\ \/ é 😀 \ud83d\ude00 \n\t\r\b\u0001"`, "a \"b\" \\ / é 😀 😀 \n\t\r\b\x01", ""},
		{"text", `"\\N"`, `\N`, ""},
		{"text", `"\\."`, `\.`, ""},
		{"text", `""`, ``, ""},
		{"text", `"a\u0000b\u0000"`, `ab`, "Tx"},
		{"text", `"\ud83d"`, "\ufffd", ""},
		{"text", `{"a": [1.0]}`, `{"a": [1.0]}`, ""},
		{"text", `false`, `false`, ""},
		{"doc", `{"b": [1.0, "x\ty\\", null], "a":1e400}`, `{"a": 1` + strings.Repeat("0", 400) + `, "b": [1.0, "x\ty\\", null]}`, ""},
		{"doc", `{"a\u0000b":"\u0000","c":"\\u0000"}`, `{"c": "\\u0000", "ab": ""}`, "Tx"},
		{"doc", `"\ud83d \ud83d\ude00"`, "\"\ufffd 😀\"", ""},
		{"doc", `{"a":1e200000}`, `NULL`, "Ns"},
		{"any", `"text"`, `"text"`, ""},
		{"any", `7`, `7`, ""},
		{"doc", strings.Repeat("[", 1000) + strings.Repeat("]", 1000), strings.Repeat("[", 1000) + strings.Repeat("]", 1000), ""},
		{"doc", strings.Repeat("[", 1001) + strings.Repeat("]", 1001), `NULL`, "Ns"},
		{"date", `"2024-02-29"`, `2024-02-29`, ""},
		{"date", `"2023-02-29"`, `NULL`, "Nc"},
		{"date", `"0044-03-15 BC"`, `0044-03-15 BC`, ""},
		{"date", `"12024-01-01"`, `12024-01-01`, ""},
		{"date", `"tomorrow"`, `NULL`, "Nc"},
		{"date", `"0000-01-01"`, `NULL`, "Nc"},
		{"date", `20240101`, `NULL`, "Nc"},
		{"ts", `"2024-02-29T10:00:00.123456"`, `2024-02-29 10:00:00.123456`, ""},
		{"ts", `"2024-02-29 10:00"`, `2024-02-29 10:00:00`, ""},
		{"ts", `"2024-02-29T10:00:00+02:00"`, `2024-02-29 08:00:00`, ""},
		{"ts", `"2024-02-29T10:00:00Z"`, `2024-02-29 10:00:00`, ""},
		{"ts", `"2024-02-29T25:00:00"`, `NULL`, "Nc"},
		{"tz", `"2024-02-29T10:00:00.5+05:30"`, `2024-02-29 04:30:00.5+00`, ""},
		{"tz", `"2024-02-29T10:00:00"`, `2024-02-29 10:00:00+00`, ""},
		{"tz", `"2024-02-29T10:00:00\u002b0200"`, `2024-02-29 08:00:00+00`, ""},
		{"tz", `"0044-03-15T10:00:00Z BC"`, `0044-03-15 10:00:00+00 BC`, ""},
		{"tz", `"12024-03-15T10:00:00Z"`, `12024-03-15 10:00:00+00`, ""},
		{"tz", `"2024-02-29"`, `2024-02-29 00:00:00+00`, ""},
		{"tz", `"2024-02-29T10:00:00 Europe/Berlin"`, `NULL`, "Nc"},
		{"tz", `"infinity"`, `NULL`, "Nc"},
		{"tz", `1700000000`, `NULL`, "Nc"},
		{"time", `"10:00:00.5"`, `10:00:00.5`, ""},
		{"time", `"25:00"`, `NULL`, "Nc"},
		{"timetz", `"10:00:00-05:30"`, `10:00:00-05:30`, ""},
		{"timetz", `"10:00:00"`, `NULL`, "Nc"},
		{"bin", `"AP8Q"`, `\x00ff10`, ""},
		{"bin", `""`, `\x`, ""},
		{"bin", `"not base64"`, `NULL`, "Nc"},
		{"bin", `"\/\/8="`, `\xffff`, ""},
	}
	l := newLake(t)
	var lines []string
	for _, c := range cases {
		lines = append(lines, record("a", `{"`+c[0]+`":`+c[1]+`}`))
	}
	r := l.write(0, catalog(stream("a", every, appending)), append(lines, state("a", "1"))...)
	wantEqual(t, "states", states(r), fmt.Sprintf("1 %d/0", len(cases)))
	l.Do(`SET TimeZone = 'UTC'`)
	for i, c := range cases {
		row := fmt.Sprintf(` FROM (SELECT * FROM a ORDER BY _airbyte_raw_id OFFSET %d LIMIT 1) x`, i)
		l.Want(`SELECT "`+c[0]+`"`+row, c[2])
		change := ""
		if c[3] != "" {
			change = c[0] + map[byte]string{'N': " NULLED ", 'T': " TRUNCATED "}[c[3][0]] +
				map[byte]string{'c': "DESTINATION_TYPECAST_ERROR", 's': "DESTINATION_FIELD_SIZE_LIMITATION", 'x': "DESTINATION_SERIALIZATION_ERROR"}[c[3][1]]
		}
		if got := l.Query(`SELECT coalesce(string_agg((c->>'field') || ' ' || (c->>'change') || ' ' || (c->>'reason'), ','), ''), max(_airbyte_meta->>'sync_id')` +
			row + ` LEFT JOIN jsonb_array_elements(_airbyte_meta->'changes') c ON true`); got != change+",0" {
			t.Errorf("%s %s: changes %s, want %s", c[0], c[1], got, change)
		}
	}
}

// Whatever a value is, the server takes what the encoders make of it: one that it
// refuses would fail all rows beside it.
func TestNoValueFailsACopy(t *testing.T) {
	l := newLake(t)
	strange := rapid.OneOf(
		rapid.SampledFrom([]string{
			`null`, `true`, `-0`, `-0.0`, `1e5`, `0.1e-7`, `1e131071`, `1e131072`, `123456789012`, `[]`, `{}`, `"\\."`, `"\\N"`, `"\u0000"`, `"\\u0000\ud800"`,
			`{"\udc00":"\ud800\udc00"}`, `"294276-01-01T00:00:00Z"`, `"290000-12-31T23:59:59.9999999Z"`, `"4700-01-01 BC"`, `"4713-01-01T00:00:00Z BC"`, `"10000-02-29"`, `"0001-01-01T00:00:00+14:59"`,
			`"23:59:59.9999999"`, `"23:59:59.9999999+14:59:59"`, `"00:00-15"`, `"24:00:00"`, `"2024-01-01T23:59:60Z"`, `"2024-06-30t10:00:00z"`, `"AA="`, `"AA=="`, `"\r\n"`, `0.` + strings.Repeat("0", 16382) + `1`,
		}),
		rapid.Custom(func(t *rapid.T) string { return quoted(rapid.String().Draw(t, "text")) }),
		rapid.Custom(func(t *rapid.T) string {
			return quoted(rapid.StringMatching(`[0-9]{4,6}-[01][0-9]-[0-3][0-9][T ]?([0-2][0-9]:[0-5][0-9](:[0-6][0-9](\.[0-9]{1,9})?)?)?(Z|[+-][01][0-9](:?[0-5][0-9])?)?( BC)?`).Draw(t, "time"))
		}),
		rapid.Custom(func(t *rapid.T) string {
			return rapid.StringMatching(`-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?`).Draw(t, "number")
		}),
		rapid.Custom(func(t *rapid.T) string {
			return quoted(rapid.StringMatching(`[0-2][0-9]:[0-5][0-9](:[0-6][0-9](\.[0-9]{1,9})?)?(Z|[+-][01][0-9](:?[0-5][0-9])?)?`).Draw(t, "clock"))
		}),
	)
	fields := []string{"int", "num", "bool", "text", "doc", "any", "date", "ts", "tz", "time", "timetz", "bin"}
	start := time.Now()
	rapid.Check(t, func(rt *rapid.T) {
		if time.Since(start) > 20*time.Second {
			return // a busy machine
		}
		var lines []string
		for range rapid.IntRange(200, 400).Draw(rt, "rows") {
			value, members := strange.Draw(rt, "value"), make([]string, 0, len(fields))
			for _, f := range fields {
				members = append(members, quoted(f)+":"+value)
			}
			lines = append(lines, record("a", "{"+strings.Join(members, ",")+"}"))
		}
		r := l.write(0, catalog(stream("a", every, appending)), append(lines, state("a", "1"))...)
		if got := states(r); got != fmt.Sprintf("1 %d/0", len(lines)) {
			rt.Fatalf("states %s of %d rows", got, len(lines))
		}
	})
}

func TestLongValuesAreKept(t *testing.T) {
	l := newLake(t)
	huge := strings.Repeat("é", 25<<19)
	r := l.write(0, catalog(stream("a", `"s":{"type":"string"},"d":{"type":"array"}`, appending)),
		record("a", `{"s":"`+huge+`","d":["`+huge+`"]}`), record("a", `{"s":"small"}`), state("a", "1"))
	wantEqual(t, "states", states(r), "1 2/0")
	l.Want(`SELECT length(s), length(d->>0) FROM a ORDER BY 1`, "5,NULL|13107200,13107200")
}

func TestMetaKeepsTheChangesARecordCameWith(t *testing.T) {
	l := newLake(t)
	with := func(meta string) string {
		return `{"type":"RECORD","record":{"meta":` + meta + `,"stream":"a","data":{"n":1e200000},"emitted_at":1700000000000.5}}`
	}
	l.write(0, catalog(stream("a", `"n":{"type":"number"}`, appending, generation(4, 0))), with(`{"changes":[{"field":"f\u0000","change":"NULLED","reason":"SOURCE_RETRIEVAL_ERROR"}],"x":1}`), with(`null`))
	l.Want(`SELECT _airbyte_meta->>'sync_id', jsonb_array_length(_airbyte_meta->'changes'), _airbyte_meta->'changes'->0->>'field' FROM a ORDER BY _airbyte_raw_id`, "7,2,f|7,1,n")
	l.Want(`SELECT DISTINCT extract(epoch FROM _airbyte_extracted_at), _airbyte_generation_id FROM a`, "1700000000.000000,4")
	l.Want(`SELECT count(DISTINCT _airbyte_raw_id) FROM a`, "2")
}

func TestEveryKindHasAnEncoder(t *testing.T) {
	for kind := range wider {
		if _, ok := encoders[kind]; !ok {
			t.Errorf("%s has none", kind)
		}
	}
	if len(encoders) != len(map[load.Kind]bool{
		bigint: true, numeric: true, boolean: true, text: true, document: true, date: true, timestamp: true,
		timestamptz: true, timeOfDay: true, timetz: true, bytea: true, uuid: true, integer: true, smallint: true, float4: true, float8: true,
	}) {
		t.Error("an encoder is missing")
	}
}
