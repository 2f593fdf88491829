package main

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"knelt.dev/pkg/airbyte"
)

func TestValuesAreJSONAndExact(t *testing.T) {
	cases := [][3]string{
		{"bigint", "9223372036854775807", "9223372036854775807"},
		{"bigint", "-9223372036854775808", "-9223372036854775808"},
		{"numeric", "123456789012345678901234567890.123456789", "123456789012345678901234567890.123456789"},
		{"numeric(10,3)", "1.5", "1.500"},
		{"numeric", "0.000000000000000000001", "0.000000000000000000001"},
		{"real", "0.1", "0.1"},
		{"double precision", "5e-324", "5e-324"},
		{"double precision", "0.30000000000000004", "0.30000000000000004"},
		{"double precision", "'-0'", "-0"},
		{"boolean", "true", "true"},
		{"text", `'a "b" \ é 😀' || chr(10) || chr(9) || chr(1)`, `"a \"b\" \\ é 😀\n\t\u0001"`},
		{"text", "''", `""`},
		{"text", "'plain text of more than eight bytes'", `"plain text of more than eight bytes"`},
		{"char(5)", "'ab'", `"ab   "`},
		{"date", "'2024-02-29'", `"2024-02-29"`},
		{"date", "'0044-03-15 BC'", `"0044-03-15 BC"`},
		{"timestamp", "'2024-02-29 10:00:00.123456'", `"2024-02-29T10:00:00.123456"`},
		{"timestamptz", "'2024-02-29 10:00:00.5+05:30'", `"2024-02-29T04:30:00.5Z"`},
		{"timestamptz", "'0044-03-15 10:00:00+00 BC'", `"0044-03-15T10:00:00Z BC"`},
		{"timestamptz", "'12024-03-15 10:00:00+00'", `"12024-03-15T10:00:00Z"`},
		{"time", "'10:00:00.5'", `"10:00:00.5"`},
		{"timetz", "'10:00:00+02'", `"10:00:00+02:00"`},
		{"timetz", "'10:00:00-05:30'", `"10:00:00-05:30"`},
		{"interval", "'1 day 02:03:04.5'", `"P1DT2H3M4.5S"`},
		{"uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`},
		{"json", `'{"a": [1.0,` + "\n\r" + ` 1e400, "\u0000", 12345678901234567890123], "a":null}'`, `{"a": [1.0,   1e400, "\u0000", 12345678901234567890123], "a":null}`},
		{"jsonb", `'"text"'`, `"text"`},
		{"jsonb", `'null'`, `null`},
		{"bytea", `'\x00ff10'`, `"AP8Q"`},
		{"bytea", `''`, `""`},
		{"int[]", "'{1,NULL,-3}'", "[1,null,-3]"},
		{"int[]", "'{}'", "[]"},
		{"int[]", "'[0:1][-1:0]={{1,2},{3,4}}'", "[[1,2],[3,4]]"},
		{"text[]", `ARRAY['a,b', 'NULL', NULL, '{"', E'\\ é\n', '', 'x y']`, `["a,b","NULL",null,"{\"","\\ é\n","","x y"]`},
		{"jsonb[]", `ARRAY['{"a": "b,c"}'::jsonb, '[1]']`, `[{"a": "b,c"},[1]]`},
		{"bytea[]", `ARRAY['\x01'::bytea]`, `["AQ=="]`},
		{"timestamptz[]", `ARRAY['2024-02-29 10:00:00+00'::timestamptz]`, `["2024-02-29T10:00:00Z"]`},
		{"box[]", `ARRAY[box '(1,1),(0,0)', box '(2,2),(1,1)']`, `["(1,1),(0,0)","(2,2),(1,1)"]`},
		{"inet", "'10.0.0.1/8'", `"10.0.0.1/8"`},
		{"int4range", "'[1,5)'", `"[1,5)"`},
		{"oid", "4294967295", "4294967295"},
		{"text", "NULL", "null"},
	}
	s := newShop(t)
	for _, c := range cases {
		s.Do(`DROP TABLE IF EXISTS a`, `CREATE TABLE a (x `+c[0]+`)`, `INSERT INTO a SELECT `+c[1])
		wantEqual(t, c[0]+" "+c[1], strings.Join(rows(s.read(0, catalogOf("a"), "")), ""), `{"x":`+c[2]+`}`)
	}
}

func TestWhatJSONCannotHoldIsNullAndNotedAsChanged(t *testing.T) {
	s := newShop(t, `CREATE TABLE a (f real, d double precision, n numeric, t date, ts timestamp, tz timestamptz, fs real[], "q""" numeric, ok int)`,
		`INSERT INTO a VALUES ('NaN', 'Infinity', '-Infinity', 'infinity', '-infinity', 'infinity', '{1,NaN,2}', 'NaN', 1), (1, 1, 1, NULL, NULL, NULL, NULL, 1, 1)`)
	r := s.read(0, catalogOf("a"), "")
	wantEqual(t, "rows", strings.Join(rows(r), "\n"), `{"f":null,"d":null,"n":null,"t":null,"ts":null,"tz":null,"fs":[1,null,2],"q\"":null,"ok":1}
{"f":1,"d":1,"n":1,"t":null,"ts":null,"tz":null,"fs":null,"q\"":1,"ok":1}`)
	records := r.Of(airbyte.Record)
	var fields []string
	for _, c := range records[0].Record.Meta.Changes {
		fields = append(fields, c.Field+" "+c.Change+" "+c.Reason)
	}
	wantEqual(t, "changes", strings.Join(fields, ","), strings.ReplaceAll(`f C,d C,n C,t C,ts C,tz C,fs C,q" C`, "C", "NULLED SOURCE_SERIALIZATION_ERROR"))
	if records[1].Record.Meta != nil {
		t.Error("a row of plain values has meta")
	}
}

func TestStrangeNamesAreRead(t *testing.T) {
	s := newShop(t, `CREATE TABLE "a ""b'\" ("x ""y" int PRIMARY KEY, "select" int, "ü" int GENERATED ALWAYS AS (7) STORED)`, `INSERT INTO "a ""b'\" VALUES (1, 3), (2, 4)`)
	r := s.read(0, catalogOf(`a "b'\`), "", `"records_per_state":1`)
	wantEqual(t, "rows", strings.Join(rows(r), ""), `{"x \"y":1,"select":3,"ü":7}{"x \"y":2,"select":4,"ü":7}`)
	wantEqual(t, "state", string(r.Of(airbyte.State)[0].State.Stream.State), `{"key":["x \"y"],"after":["1"]}`)
}

func TestTextsAreWrittenAsTheEncoderDoes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.String().Draw(rt, "text")
		got, _ := appendText(nil, []byte(text))
		if want := string(airbyte.AppendString(nil, text)); string(got) != want {
			rt.Fatalf("got %s, want %s", got, want)
		}
	})
}

func TestOnlyTheColumnsOfTheConfiguredSchemaAreRead(t *testing.T) {
	s := newShop(t, `CREATE TABLE a (id int PRIMARY KEY, at int, secret text, x int)`, `INSERT INTO a VALUES (1, 2, 'never', 4)`)
	catalog := strings.Replace(catalogOf("a:at"), `"json_schema":{}`, `"json_schema":{"properties":{"x":{},"gone":{}}}`, 1)
	wantEqual(t, "row", strings.Join(rows(s.read(0, catalog, "")), ""), `{"id":1,"at":2,"x":4}`)
}
