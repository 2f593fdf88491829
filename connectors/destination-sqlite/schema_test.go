package main

import (
	"fmt"
	"strings"
	"testing"
)

func TestColumnsGetTheTypesOfTheSchema(t *testing.T) {
	l := newLake(t)
	l.write(0, catalog(stream("a", `"i":{"type":["null","integer"]},"n":{"type":"number"},"b":{"type":"boolean"},"s":{"type":["string"]},
		"o":{"type":"object"},"l":{"type":["null","array"]},"m":{"type":["string","integer"]},"x":{"oneOf":[{"type":"null"},{"type":"integer"}]},
		"y":{"anyOf":[{"type":"object"},{"type":"array"}]},"t":true,"u":{},"w":{"type":"future"}`, appending)))
	wantEqual(t, "columns", l.columns("a"), "'b BOOLEAN'|'i INTEGER'|'l JSON'|'m '|'n REAL'|'o JSON'|'s TEXT'|'t '|'u '|'w '|'x INTEGER'|'y JSON'")
	l.want(`SELECT name, type FROM pragma_table_info('a') LIMIT 4`,
		"'_airbyte_raw_id','TEXT'|'_airbyte_extracted_at','INTEGER'|'_airbyte_generation_id','INTEGER'|'_airbyte_meta','TEXT'")
}

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
	l.write(0, c, lines...)
	l.want(`SELECT count(*), count(f0), sum(f3), sum(f4) FROM a`, fmt.Sprintf("50,0,%d,%d", 1545, 160*40+39*20))
	l.want(`SELECT count(*), count(f6) FROM b`, "200,28")
	l.write(0, catalog(stream("a", `"id":{"type":"integer"},"g":{"type":"string"}`, dedup)), record("a", `{"id":1,"f1":"x","g":7,"h":8}`))
	l.want(`SELECT f1, g, h FROM a WHERE id = 1`, "'x','7',8")
}

func TestFieldsKeepTheirColumnsWhateverTheOrderTheyComeIn(t *testing.T) {
	l := newLake(t)
	l.write(0, catalog(stream("a", `"id":{}`, appending)), record("a", `{"id":1,"Id":2,"ID":3}`))
	l.write(0, catalog(stream("a", "", appending)), record("a", `{"ID":3,"Id":2,"id":1}`))
	l.write(0, catalog(stream("a", `"ID":{},"Id":{},"id":{}`, appending)), record("a", `{"ID":3,"Id":2,"id":1}`))
	l.want(`SELECT DISTINCT "id", "Id_12156e", "ID_384397" FROM a`, "1,2,3")
}

func TestStrangeFieldNamesAreColumns(t *testing.T) {
	names := []string{
		`q"uote`, `'`, "sp ace", "é", "É", "日本", "😀", "select", "a.b", "a;--", "?", ":x", "$1", "%s", "[x]", "`", "\n", "\x00", "a\x00", "", " ", "_", "rowid", "ROWID", "oid",
		"_airbyte_raw_id", "_AIRBYTE_META", "_airbyte_extracted_at", "_airbyte_generation_id", "_airbyte_overflow", "_airbyte_new", "excluded", strings.Repeat("n", 10_000),
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
		l.want(`SELECT count(*) FROM pragma_table_info('a')`, fmt.Sprint(4+len(names)))
		sum := l.query(`SELECT group_concat('"' || replace(name, '"', '""') || '"', ' + ') FROM pragma_table_info('a') WHERE cid > 3`)
		l.want(`SELECT `+sum[1:len(sum)-1]+` FROM a`, fmt.Sprint(len(names)*(len(names)-1)/2))
	}
}

func TestFieldsBeyondSQLitesColumnsGoIntoOne(t *testing.T) {
	l := newLake(t)
	var properties, members []string
	for i := range 2500 {
		properties = append(properties, fmt.Sprintf(`"f%04d":{"type":"integer"}`, i))
		members = append(members, fmt.Sprintf(`"f%04d":%d`, i, i))
	}
	row := `{"id":1,"é\u00e9":[1,{"a":2}],` + strings.Join(members, ",") + `}`
	for _, schema := range []string{strings.Join(properties, ","), ""} {
		for range 2 {
			l.write(0, catalog(stream("a", schema, dedup)), records("a", row, `{"id":2,"f0001":7}`, `{"id":3,"f2499":8}`))
		}
	}
	l.want(`SELECT count(*) FROM pragma_table_info('a')`, "2000")
	l.want(`SELECT id, f0001, _airbyte_overflow ->> 'f2499', _airbyte_overflow ->> 'éé' FROM a`, `1,1,2499,'[1,{"a":2}]'|2,7,NULL,NULL|3,NULL,8,NULL`)
	l.want(`SELECT count(*) FROM a, json_each(_airbyte_overflow) WHERE a.id = 1`, fmt.Sprint(2502-1995))

	other := strings.Replace(dedup, `"id"`, `"fresh"`, 1)
	l.wantFailure(l.write(1, catalog(stream("a", "", other))), "config_error", "no room")

	l.write(0, catalog(stream("b", strings.Join(properties[:1990], ","), appending)), records("b", row, row))
	l.want(`SELECT count(*), min((SELECT count(*) FROM json_each(_airbyte_overflow))) FROM b`, fmt.Sprintf("2,%d", 2502-1995))
}

func TestAColumnBecomesATextWithItsField(t *testing.T) {
	l := newLake(t)
	l.write(0, catalog(stream("a", `"id":{"type":"integer"},"zip":{"type":"integer"}`, dedup)), record("a", `{"id":1,"zip":7}`))
	l.do(`CREATE VIEW v AS SELECT zip FROM a`, `CREATE INDEX mine ON a (zip)`, `CREATE TRIGGER g INSTEAD OF INSERT ON v BEGIN SELECT 1; END`,
		`CREATE TRIGGER h AFTER DELETE ON a WHEN old.zip BEGIN SELECT 1; END`)
	l.write(0, catalog(stream("a", `"id":{"type":"string"},"zip":{"type":["string","null"]}`, dedup)), records("a", `{"id":"01","zip":"007"}`, `{"id":"1","zip":"1e3"}`))
	l.want(`SELECT id, zip FROM a ORDER BY id`, "'01','007'|'1','1e3'")
	l.write(0, catalog(stream("a", `"id":{"type":"integer"},"zip":{"type":"number"}`, dedup)), record("a", `{"id":1,"zip":1.50}`))
	l.want(`SELECT id, zip FROM a ORDER BY id`, "'01','007'|'1','1.50'")
	l.write(0, catalog(stream("b", `"x":{"type":"integer"}`, appending)))
	l.write(0, catalog(stream("b", `"x":{"type":["integer","string"]}`, appending)), records("b", `{"x":"007"}`, `{"x":7}`))
	l.want(`SELECT x FROM b`, "'007'|7")
	l.want(`SELECT zip FROM v ORDER BY zip`, "'007'|'1.50'")
	l.want(`SELECT count(*) FROM sqlite_schema WHERE name IN ('mine', 'g', 'h')`, "3")
}

func TestOlderTablesOfUsersGetTheColumnsTheyLack(t *testing.T) {
	l := newLake(t)
	l.do(`CREATE TABLE A (mine TEXT DEFAULT 'd', ID INTEGER)`, `INSERT INTO A (ID) VALUES (1)`)
	l.write(0, catalog(stream("a", "", appending, generation(3, 0))), record("a", `{"ID":2,"x":3}`))
	l.want(`SELECT mine, ID, x, _airbyte_generation_id FROM A`, "'d',1,NULL,NULL|'d',2,3,3")
}

func TestTableNames(t *testing.T) {
	l := newLake(t)
	in := func(name, space string) string {
		return strings.Replace(stream(name, "", appending), `"json_schema"`, `"namespace":`+quoted(space)+`,"json_schema"`, 1)
	}
	l.writeWith(0, l.config(`"table_prefix":"p "`), catalog(stream(`a "b`, "", appending), in("x", "s.p"), in("sqlite_x", ""), stream("select", "", overwrite)))
	l.want(`SELECT name FROM sqlite_schema ORDER BY name`, `'p a "b'|'p select'|'p sqlite_x'|'s.p_p x'`)

	for what, streams := range map[string][]string{
		"reserved": {stream("SQLite_x", "", appending)}, "no name": {stream("", "", appending)}, "NUL": {stream("a\x00", "", appending)},
		"case": {stream("a", "", appending), stream("A", "", appending)}, "namespace": {in("b_c", "a"), in("c", "a_b")},
		"twice": {in("a", ""), stream("a", "", appending)}, "temporary": {stream("a", "", overwrite), stream("A_airbyte_tmp", "", appending)},
		"index": {stream("_airbyte_key_a", "", appending), stream("a", "", dedup)},
	} {
		other := newLake(t)
		class, text := failure(t, other.write(1, catalog(streams...)))
		if class != "config_error" || !strings.Contains(text, "prefix") {
			t.Errorf("%s: %s %s", what, class, text)
		}
	}
	l.do(`CREATE VIEW seen AS SELECT 1 AS x`)
	l.wantFailure(l.write(1, catalog(stream("fresh", "", appending), stream("Seen", "", appending))), "config_error", "view")
	l.want(`SELECT count(*) FROM sqlite_schema WHERE name = 'fresh'`, "0")
	l.wantFailure(l.write(1, `{"streams":[{"stream":{"name":"a","json_schema":{"properties":[]}},"destination_sync_mode":"append"}]}`), "config_error", "json_schema")
}
