package main

import (
	"fmt"
	"strings"
	"testing"

	"knelt.dev/connectors/internal/kittest"
)

func TestNewFieldsGetColumnsInTheMiddleOfABatch(t *testing.T) {
	l := newLake(t)
	c := catalog(stream("a", `"id":{"type":"integer"}`, dedup), stream("b", "", appending))
	var lines []string
	for i := range 200 {
		lines = append(lines, record("a", fmt.Sprintf(`{"id":%d,"f%d":%d}`, i%50, i/40, i)), record("b", fmt.Sprintf(`{"f%d":%d}`, i%7, i)))
		if i%70 == 0 {
			lines = append(lines, state("a", "1"))
		}
	}
	l.writeWith(0, l.Config(`"commit_rows":1`), c, lines...)
	l.Want(`SELECT count(*), count(f0), sum(f3::int), sum(f4::int) FROM a`, fmt.Sprintf("50,0,%d,%d", 1545, 160*40+39*20))
	l.Want(`SELECT count(*), count(f6) FROM b`, "200,28")
	l.write(0, catalog(stream("a", `"id":{"type":"integer"},"g":{"type":"string"}`, dedup)), record("a", `{"id":1,"f1":"x","g":7,"h":8}`))
	l.Want(`SELECT f1, g, h FROM a WHERE id = 1`, `"x",7,8`)
}

func TestColumnsBecomeWiderWithTheirFields(t *testing.T) {
	l := newLake(t)
	l.Do(`CREATE TABLE a (id int, i int, n bigint, b boolean, d date, s timestamp, x bytea, keep text, narrow numeric)`,
		`INSERT INTO a VALUES (1, 7, 8, true, '2024-01-31', '2024-01-31 10:00', '\x00', 'k', 1.5)`)
	l.write(0, catalog(stream("a", `"id":{"type":"integer"},"i":{"type":"integer"},"n":{"type":"number"},"b":{"type":"string"},"d":{"type":"string","format":"date-time"},
		"s":{"type":"string","format":"date-time"},"x":{"type":["string","object"]},"keep":{"type":"integer"},"narrow":{"type":"integer"}`, byCursor)),
		records("a", `{"id":9007199254740993,"i":9007199254740993,"n":1.25,"b":"maybe","d":"2024-02-29T10:00:00Z","s":"2024-02-29T10:00:00Z","x":{"y":1},"keep":5,"narrow":2}`))
	wantEqual(t, "columns", l.columns("a"), "at jsonb, b text, d timestamp with time zone, i bigint, id bigint, keep text, n numeric, narrow numeric, s timestamp with time zone, x jsonb")
	l.Do(`SET TimeZone = 'UTC'`)
	l.Want(`SELECT id, i, n, b, d, s, x, keep, narrow FROM a ORDER BY id`, `1,7,8,true,2024-01-31 00:00:00+00,2024-01-31 10:00:00+00,"AA==",k,1.5|`+
		`9007199254740993,9007199254740993,1.25,maybe,2024-02-29 10:00:00+00,2024-02-29 10:00:00+00,{"y": 1},5,2`)
}

func TestAColumnThatAViewNeedsAsItIsIsAConfigErrorAndChangesNothing(t *testing.T) {
	l := newLake(t, `CREATE TABLE a (x bigint)`, `CREATE VIEW v AS SELECT x FROM a`)
	kittest.WantFailure(t, l.write(1, catalog(stream("a", `"x":{"type":"string"}`, appending)), record("a", `{"x":"s"}`)), "system_error", "view")
	wantEqual(t, "columns", l.columns("a"), "x bigint")
}

func TestStrangeNamesOfFieldsAreColumns(t *testing.T) {
	long := strings.Repeat("é", 40)
	names := []string{
		`q"uote`, `'`, "sp ace", "é", "É", "日本", "😀", "select", "a.b", "a;--", "?", "$1", "%s", `\`, "\n", "\t", "\x00", "a\x00", "", " ", "id", "ID", "Id",
		"ctid", "xmin", "tableoid", "oid", "_airbyte_raw_id", "_airbyte_meta", "_airbyte_overflow", "excluded", "t", long, long + "1", long + "2", strings.Repeat("n", 63), strings.Repeat("n", 64),
	}
	for _, inSchema := range []bool{true, false} {
		l := newLake(t)
		var properties, members []string
		for i, name := range names {
			members = append(members, fmt.Sprintf(`%s:%d`, quoted(name), i))
			if inSchema {
				properties = append(properties, quoted(name)+`:{"type":"integer"}`)
			}
		}
		row := `{` + strings.Join(members, ",") + `}`
		c := catalog(stream("a", strings.Join(properties, ","), `"destination_sync_mode":"append_dedup","primary_key":[["_airbyte_raw_id"],["q\"uote"]],"cursor_field":["select"]`))
		for range 2 {
			l.write(0, c, records("a", row, row))
		}
		l.Want(`SELECT count(*) FROM pg_attribute WHERE attrelid = 'a'::regclass AND attnum > 0`, fmt.Sprint(4+len(names)))
		l.Want(`SELECT count(*), (SELECT sum(v::text::int) FROM a, jsonb_each(to_jsonb(a) - ARRAY['_airbyte_raw_id', '_airbyte_extracted_at', '_airbyte_generation_id', '_airbyte_meta']) e(k, v)) FROM a`,
			fmt.Sprintf("1,%d", len(names)*(len(names)-1)/2))
	}
}

func TestLongNamesOfTablesAndSchemasStayApart(t *testing.T) {
	l := newLake(t)
	long := strings.Repeat("long_", 20)
	in := func(name, space string) string {
		return strings.Replace(stream(name, `"id":{"type":"integer"}`, dedup), `"json_schema"`, `"namespace":`+quoted(space)+`,"json_schema"`, 1)
	}
	c := catalog(in(long+"1", long), in(long+"2", long), in(`q"'\`, `s"'\`), in("x", ""))
	var lines []string
	for i, d := range [][2]string{{long + "1", long}, {long + "2", long}, {`q"'\`, `s"'\`}, {"x", ""}} {
		lines = append(lines, fmt.Sprintf(`{"type":"RECORD","record":{"stream":%s,"namespace":%s,"data":{"id":%d},"emitted_at":1}}`, quoted(d[0]), quoted(d[1]), i))
	}
	for range 2 {
		l.writeWith(0, l.Config(`"table_prefix":"p_"`), c, lines...)
	}
	l.Want(`SELECT count(*), max(length(relname)) FROM pg_class WHERE relkind = 'r' AND relname LIKE 'p\_long\_%' AND relnamespace::regnamespace::text LIKE 'long%'`, "2,63")
	l.Want(`SELECT id FROM "s""'\"."p_q""'\"`, "2")
	l.Want(`SELECT id FROM public.p_x`, "3")
}

func TestPlacesThatAreTakenAreConfigErrors(t *testing.T) {
	l := newLake(t, `CREATE VIEW seen AS SELECT 1 AS x`)
	in := func(name, space string) string {
		return strings.Replace(stream(name, "", appending), `"json_schema"`, `"namespace":`+quoted(space)+`,"json_schema"`, 1)
	}
	for what, streams := range map[string][]string{
		"no name": {stream("", "", appending)}, "NUL": {stream("a\x00", "", appending)}, "default schema": {in("a", "public"), stream("a", "", appending)},
		"temporary": {stream("a", "", overwrite), stream("a_airbyte_tmp", "", appending)}, "view": {stream("fresh", "", appending), stream("seen", "", appending)},
	} {
		class, text := failure(t, l.write(1, catalog(streams...)))
		if class != "config_error" || !strings.Contains(text, "prefix") {
			t.Errorf("%s: %s %s", what, class, text)
		}
	}
	l.Want(`SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`, "0")
	kittest.WantFailure(t, l.write(1, catalog(stream("a", "", `"destination_sync_mode":"append_dedup"`))), "config_error", "primary key")
	kittest.WantFailure(t, l.write(1, catalog(stream("a", "", `"destination_sync_mode":"update"`))), "config_error", "mode")
}

func TestFieldsBeyondTheServersColumnsGoIntoOne(t *testing.T) {
	l := newLake(t)
	var properties, members []string
	for i := range 1700 {
		properties = append(properties, fmt.Sprintf(`"f%04d":{"type":"boolean"}`, i))
		members = append(members, fmt.Sprintf(`"f%04d":true`, i))
	}
	c := catalog(stream("a", strings.Join(properties, ","), appending))
	for range 2 {
		l.write(0, c, record("a", `{`+strings.Join(members, ",")+`}`), record("a", `{"f0001":true}`))
	}
	l.Want(`SELECT count(*) FROM pg_attribute WHERE attrelid = 'a'::regclass AND attnum > 0`, "1600")
	l.Want(`SELECT (SELECT count(*) FROM jsonb_object_keys(_airbyte_overflow)) FROM a WHERE _airbyte_overflow IS NOT NULL`, "105|105")
}
