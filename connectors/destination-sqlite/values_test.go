package main

import (
	"strings"
	"testing"
)

const every = `"any":{},"int":{"type":"integer"},"num":{"type":"number"},"bool":{"type":"boolean"},"text":{"type":"string"},"doc":{"type":"object"}`

// valueIn writes a value to a column of each kind and tells what is there.
func valueIn(t *testing.T, value string) (got, meta string) {
	t.Helper()
	l := newLake(t)
	members := []string{}
	for _, field := range []string{"any", "int", "num", "bool", "text", "doc"} {
		members = append(members, quoted(field)+":"+value)
	}
	l.write(0, catalog(stream("a", every, appending)), record("a", "{"+strings.Join(members, ", ")+"}"))
	return l.query(`SELECT "any", "int", num, bool, text, doc FROM a`), l.query(`SELECT _airbyte_meta ->> 'changes' FROM a`)
}

func TestValuesAreKeptWhereTheirColumnsCanHoldThem(t *testing.T) {
	for value, want := range map[string]string{
		`null`: `NULL,NULL,NULL,NULL,NULL,NULL`,
		`true`: `1,1,1,1,'true','true'`, `false`: `0,0,0,0,'false','false'`,
		`0`: `0,0,0,0,'0',0`, `-5`: `-5,-5,-5,-5,'-5',-5`,
		`9007199254740992`:     `9007199254740992,9007199254740992,9.007199254740992e+15,9007199254740992,'9007199254740992',9007199254740992`,
		`1.0`:                  `1,1,1,1,'1.0',1`,
		`0.30000000000000004`:  `0.30000000000000004,0.30000000000000004,0.30000000000000004,0.30000000000000004,'0.30000000000000004',0.30000000000000004`,
		`1e3`:                  `1000,1000,1000,1000,'1e3',1000`,
		`5e-324`:               `5e-324,5e-324,5e-324,5e-324,'5e-324',5e-324`,
		`"x\u0000y"`:           "'x\x00y','x\x00y','x\x00y','x\x00y','x\x00y','\"x\\u0000y\"'",
		`"\ud83d\ude00\ud83d"`: `'😀` + "\ufffd','😀\ufffd','😀\ufffd','😀\ufffd','😀\ufffd'" + `,'"\ud83d\ude00\ud83d"'`,
		`""`:                   `'','','','','','""'`,
		`{"b": [1.0, 2e400]}`:  `'{"b": [1.0, 2e400]}','{"b": [1.0, 2e400]}','{"b": [1.0, 2e400]}','{"b": [1.0, 2e400]}','{"b": [1.0, 2e400]}','{"b": [1.0, 2e400]}'`,
		`[]`:                   `'[]','[]','[]','[]','[]','[]'`,
	} {
		got, meta := valueIn(t, value)
		wantEqual(t, value, got, want)
		wantEqual(t, value+" changes", meta, `'[]'`)
	}
}

func TestNumbersThatAColumnCannotHoldAreNotedAsChanged(t *testing.T) {
	change := func(fields, word string) string {
		var all []string
		for _, field := range strings.Fields(fields) {
			all = append(all, `{"field":"`+field+`","change":"`+word+`","reason":"DESTINATION_FIELD_SIZE_LIMITATION"}`)
		}
		return `'[` + strings.Join(all, ",") + `]'`
	}
	for value, want := range map[string][2]string{
		`9007199254740993`:               {`9007199254740993,9007199254740993,9.007199254740992e+15,9007199254740993,'9007199254740993',9007199254740993`, change("num", "TRUNCATED")},
		`-9223372036854775808`:           {`-9223372036854775808,-9223372036854775808,-9.223372036854776e+18,-9223372036854775808,'-9223372036854775808',-9223372036854775808`, `'[]'`},
		`9223372036854775807`:            {`9223372036854775807,9223372036854775807,9.223372036854776e+18,9223372036854775807,'9223372036854775807',9223372036854775807`, change("num", "TRUNCATED")},
		`123456789012345678901234567890`: {`'123456789012345678901234567890',1.2345678901234568e+29,1.2345678901234568e+29,1.2345678901234568e+29,'123456789012345678901234567890',1.2345678901234568e+29`, change("bool doc int num", "TRUNCATED")},
		`1e400`:                          {`'1e400',NULL,NULL,NULL,'1e400',NULL`, change("bool doc int num", "NULLED")},
		`-1e400`:                         {`'-1e400',NULL,NULL,NULL,'-1e400',NULL`, change("bool doc int num", "NULLED")},
	} {
		got, meta := valueIn(t, value)
		wantEqual(t, value, got, want[0])
		wantEqual(t, value+" changes", meta, want[1])
	}
}

func TestOfARepeatedKeyTheLastValueCounts(t *testing.T) {
	l := newLake(t)
	l.write(0, catalog(stream("a", "", appending)), records("a", `{"x":1,"y":2,"\u0078":3,"y":null}`))
	l.want(`SELECT x, y FROM a`, "3,NULL")
}

func TestMetaKeepsTheChangesARecordCameWith(t *testing.T) {
	l := newLake(t)
	with := func(meta string) string {
		return `{"type":"RECORD","record":{"meta":` + meta + `,"stream":"a","data":{"meta":1,"n":1e400},"emitted_at":1700000000000.5}}`
	}
	l.write(0, catalog(stream("a", `"n":{}`, appending, generation(4, 0))), with(`{"changes":[{"field":"f","change":"NULLED","reason":"SOURCE_RETRIEVAL_ERROR"}],"x":1}`),
		with(`null`), with(`{"changes":null}`), with(`{"changes":[ ]}`), with(`7`))
	none := `'{"sync_id":7,"changes":[]}'`
	l.want(`SELECT _airbyte_meta FROM a`, `'{"sync_id":7,"changes":[{"field":"f","change":"NULLED","reason":"SOURCE_RETRIEVAL_ERROR"}]}'`+strings.Repeat("|"+none, 4))
	l.want(`SELECT DISTINCT _airbyte_extracted_at, _airbyte_generation_id FROM a`, "1700000000000,4")
	l.want(`SELECT count(DISTINCT _airbyte_raw_id) FROM a`, "5")
	l.write(0, catalog(stream("a", `"m":{"type":"number"}`, appending)), strings.Replace(with(`{"changes":[{"field":"f"}]}`), `"n"`, `"m"`, 1))
	l.want(`SELECT _airbyte_meta FROM a WHERE _airbyte_generation_id = 0`,
		`'{"sync_id":0,"changes":[{"field":"f"},{"field":"m","change":"NULLED","reason":"DESTINATION_FIELD_SIZE_LIMITATION"}]}'`)
}

func TestStrangeEmittedAtIsNoTime(t *testing.T) {
	l := newLake(t)
	var lines []string
	for _, at := range []string{`1e400`, `1e30`, `"x"`, `null`, `-1`, `0`, `1e12`} {
		lines = append(lines, `{"type":"RECORD","record":{"stream":"a","data":{},"emitted_at":`+at+`}}`)
	}
	l.write(0, catalog(stream("a", "", appending)), lines...)
	l.want(`SELECT _airbyte_extracted_at FROM a`, "NULL|NULL|NULL|NULL|-1|0|1000000000000")
}

func TestHugeValuesAreKept(t *testing.T) {
	l := newLake(t)
	huge := strings.Repeat("é", 25<<19)
	r := l.write(0, catalog(stream("a", `"s":{"type":"string"}`, appending)), record("a", `{"s":"`+huge+`"}`), record("a", `{"s":"small"}`), record("a", `{"s":"`+huge+`"}`), state("a", "1"))
	wantEqual(t, "states", states(r), "1 3/0")
	l.want(`SELECT length(s), octet_length(s) FROM a`, "13107200,26214400|5,5|13107200,26214400")
}
