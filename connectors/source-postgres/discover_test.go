package main

import (
	"encoding/json"
	"strings"
	"testing"

	"knelt.dev/connectors/internal/kittest"
	"knelt.dev/pkg/airbyte"
)

// names tells the streams of a catalog with what is known of them: the primary
// key, + if resumable, @ and the likely cursor.
func names(r kittest.Result) string {
	var all []string
	for _, s := range r.Of(airbyte.Catalog)[0].Catalog.Streams {
		text := s.Namespace + "." + s.Name
		for _, key := range s.SourceDefinedPrimaryKey {
			text += "," + strings.Join(key, ".")
		}
		if s.IsResumable {
			text += "+"
		}
		if len(s.DefaultCursorField) > 0 {
			text += "@" + s.DefaultCursorField[0]
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

func TestDiscoverDescribesWhatCanBeRead(t *testing.T) {
	s := newShop(t, `CREATE TABLE plain (id int PRIMARY KEY, gone int, updated_at timestamptz)`, `ALTER TABLE plain DROP COLUMN gone`,
		`CREATE TABLE pair (b int, a int, x int, PRIMARY KEY (a, b) INCLUDE (x))`, `CREATE TABLE none (x int UNIQUE)`,
		`CREATE TABLE parted (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)`,
		`CREATE TABLE parted_2024 PARTITION OF parted FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')`,
		`CREATE VIEW looking AS SELECT 1 AS one`, `CREATE MATERIALIZED VIEW kept AS SELECT 2 AS two`, `CREATE SEQUENCE counting`,
		`CREATE SCHEMA "Other ""one"`, `CREATE TABLE "Other ""one"."t" (x int)`, `CREATE SCHEMA "a,b\c"`, `CREATE TABLE "a,b\c".u (x int)`)
	wantEqual(t, "streams", names(s.discover(0)), "public.kept public.looking public.none public.pair,a,b+ public.parted,id,at+ public.plain,id+@updated_at")
	wantEqual(t, "schemas", names(s.discover(0, `"schemas":["Other \"one","a,b\\c"]`)), `Other "one.t a,b\c.u`)
	wantEqual(t, "no schema", words(s.discover(1, `"schemas":["public","other"]`)), "config_error")
}

func TestDiscoverLeavesOutWhatMayNotBeRead(t *testing.T) {
	s := newShop(t, `CREATE TABLE mine (id int PRIMARY KEY, secret text, x int)`, `CREATE TABLE hers (id int)`, `CREATE TABLE blind (id int PRIMARY KEY, x int)`,
		`DROP ROLE IF EXISTS reader`, `CREATE ROLE reader LOGIN PASSWORD 'r'`, `GRANT SELECT (id, x) ON mine TO reader`, `GRANT SELECT (x) ON blind TO reader`,
		`INSERT INTO mine VALUES (1, 'never', 2)`, `INSERT INTO blind VALUES (1, 3)`)
	t.Cleanup(func() { s.Do(`DROP OWNED BY reader`, `DROP ROLE reader`) })
	as := []string{`"username":"reader","password":"r"`}
	wantEqual(t, "streams", names(s.discover(0, as...)), "public.blind public.mine,id+")
	r := s.read(1, catalogOf("mine", "blind", "hers"), "", as...)
	wantEqual(t, "rows", strings.Join(rows(r), ""), `{"id":1,"x":2}{"x":3}`)
	wantEqual(t, "messages", words(r), "mine:STARTED 1/1 mine:COMPLETE blind:STARTED 1/1 blind:COMPLETE hers:STARTED hers:INCOMPLETE config_error")
}

func TestDiscoverGivesTypesWithFormats(t *testing.T) {
	s := newShop(t, `CREATE TYPE mood AS ENUM ('sad', 'ok')`, `CREATE DOMAIN money_amount AS numeric(10,2)`, `CREATE DOMAIN nested AS money_amount CHECK (VALUE > 0)`,
		`CREATE TYPE pair AS (a int, b text)`,
		`CREATE TABLE a (i2 smallint, i4 int, i8 bigint, n numeric(20,5), f4 real, f8 double precision, b boolean, t text, v varchar(9), c char(3),
		d date, tm time, tz timetz, ts timestamp, tsz timestamptz, iv interval, u uuid, j json, jb jsonb, ia int[], ta text[][], bin bytea, e mood, dom nested,
		g int GENERATED ALWAYS AS (i4 + 1) STORED, ip inet, p pair, r int4range, o oid, da nested[])`)
	var schema struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(s.discover(0).Of(airbyte.Catalog)[0].Catalog.Streams[0].JSONSchema, &schema); err != nil {
		t.Fatal(err)
	}
	number, integer, text := `{"type":["null","number"]}`, `{"type":["null","integer"]}`, `{"type":["null","string"]}`
	for name, want := range map[string]string{
		"i2": integer, "i4": integer, "i8": integer, "o": integer, "g": integer, "n": number, "f4": number, "f8": number, "dom": number,
		"b": `{"type":["null","boolean"]}`, "t": text, "v": text, "c": text, "iv": text, "e": text, "ip": text, "p": text, "r": text,
		"d": `{"format":"date","type":["null","string"]}`, "u": `{"format":"uuid","type":["null","string"]}`,
		"tm":  `{"airbyte_type":"time_without_timezone","format":"time","type":["null","string"]}`,
		"tz":  `{"airbyte_type":"time_with_timezone","format":"time","type":["null","string"]}`,
		"ts":  `{"airbyte_type":"timestamp_without_timezone","format":"date-time","type":["null","string"]}`,
		"tsz": `{"airbyte_type":"timestamp_with_timezone","format":"date-time","type":["null","string"]}`,
		"j":   `{}`, "jb": `{}`, "bin": `{"contentEncoding":"base64","type":["null","string"]}`,
		"ia": `{"items":` + integer + `,"type":["null","array"]}`, "ta": `{"items":` + text + `,"type":["null","array"]}`,
		"da": `{"items":` + number + `,"type":["null","array"]}`,
	} {
		wantEqual(t, name, string(schema.Properties[name]), want)
	}
	if len(schema.Properties) != 30 {
		t.Errorf("%d columns", len(schema.Properties))
	}
}
