package main

import (
	"strings"
	"testing"
)

func TestValuesAreJSONAsNearAsItCanBe(t *testing.T) {
	for value, want := range map[string]string{
		"NULL": "null", "9223372036854775807": "9223372036854775807", "-9223372036854775808": "-9223372036854775808",
		"0.1": "0.1", "5e-324": "5e-324", "1.7976931348623157e308": "1.7976931348623157e+308", "9e999": "null", "-9e999": "null",
		"''": `""`, "'a' || char(0) || 'b'": `"a\u0000b"`, "'<>& é'": `"<>& é"`, `'"\'`: `"\"\\"`, "char(10)": `"\n"`,
		"x'00ff'": `"AP8="`, "x''": `""`, "CAST(x'ff' AS TEXT)": "\"\ufffd\"", "'2024-01-01T00:00:00Z'": `"2024-01-01T00:00:00Z"`,
	} {
		f := newFile(t, `CREATE TABLE a (x)`, `INSERT INTO a VALUES (`+value+`)`)
		wantEqual(t, value, strings.Join(rows(f.read(0, catalogOf("a"), "")), ""), `{"x":`+want+`}`)
	}
}

func TestDeclaredTypesDoNotChangeValuesButBooleans(t *testing.T) {
	f := newFile(t, `CREATE TABLE a (b BOOLEAN, d DATETIME, e DATE, s TIMESTAMP, n DECIMAL, v BLOB, j JSON)`,
		`INSERT INTO a VALUES (1, '2024-01-01 00:00:00', '2024-01-01', 1700000000, 1.50, 'text', '{"a":1}'),
		(0, 'soon', 20240101, '2024-01-01T00:00:00.5+02:00', 2, 3, '[1]'), (7, 1.5, x'01', NULL, 'x', NULL, 1)`,
		`CREATE VIEW v AS SELECT * FROM a`)
	for _, name := range []string{"a", "v"} {
		wantEqual(t, name, strings.Join(rows(f.read(0, catalogOf(name), "")), "\n"),
			`{"b":true,"d":"2024-01-01 00:00:00","e":"2024-01-01","s":1700000000,"n":1.5,"v":"text","j":"{\"a\":1}"}
{"b":false,"d":"soon","e":20240101,"s":"2024-01-01T00:00:00.5+02:00","n":2,"v":3,"j":"[1]"}
{"b":7,"d":1.5,"e":"AQ==","s":null,"n":"x","v":null,"j":1}`)
	}
}

func TestStrangeNamesAndGeneratedColumnsAreRead(t *testing.T) {
	f := newFile(t, `CREATE TABLE "a ""b'" ("" TEXT, "x y" INT, "ü" AS ("x y" * 2), "select" INT)`, `INSERT INTO "a ""b'" VALUES ('e', 1, 3)`)
	wantEqual(t, "row", strings.Join(rows(f.read(0, catalogOf(`a "b'`), "")), ""), `{"":"e","x y":1,"ü":2,"select":3}`)
}
