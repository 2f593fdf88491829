package main

import (
	"strings"
	"testing"
)

func TestOverwriteReplacesATableAtTheEndOfInput(t *testing.T) {
	l := newLake(t)
	x := `"x":{"type":"integer"}`
	c := catalog(stream("a", x, overwrite), stream("b", x, appending))
	for n := range 2 {
		r := l.write(0, c, record("a", `{"x":1}`), state("a", "1"), record("b", `{"x":1}`), state("b", "2"), record("a", `{"y":2}`), state("a", "3"))
		wantEqual(t, "states: those of an overwrite come when it is done", states(r), "2 1/0, 1 1/0, 3 1/0")
		l.Want(`SELECT x, y FROM a ORDER BY x`, "1,NULL|NULL,2")
		l.Want(`SELECT count(*) FROM b`, []string{"1", "2"}[n])
	}
	l.Want(`SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace`, "2")
}

func TestOverwriteDedupReplacesATableByTheNewestRows(t *testing.T) {
	l := newLake(t)
	c := catalog(stream("a", `"id":{"type":"integer"},"at":{"type":"integer"}`, strings.Replace(byCursor, "append_dedup", "overwrite_dedup", 1)))
	l.write(0, c, records("a", `{"id":1,"at":1}`, `{"id":2,"at":9}`))
	l.write(0, c, records("a", `{"id":1,"at":3}`, `{"id":1,"at":2}`))
	l.Want(`SELECT id, at FROM a`, "1,3")
	l.Want(`SELECT count(*) FROM pg_indexes WHERE tablename LIKE 'a%'`, "1")
}

func TestOverwriteKeepsWhatUsersMadeForTheTable(t *testing.T) {
	l := newLake(t)
	c := catalog(stream("a", `"x":{"type":"integer"}`, overwrite))
	l.write(0, c, record("a", `{"x":1}`))
	l.Do(`CREATE VIEW v AS SELECT x FROM a`, `CREATE INDEX mine ON a (x)`, `ALTER TABLE a ADD COLUMN other int DEFAULT 7`)
	l.write(0, c, record("a", `{"x":2}`))
	l.Want(`SELECT v.x, other FROM v, a`, "2,7")
	l.Want(`SELECT indexname FROM pg_indexes WHERE schemaname = 'public'`, "mine")
}

func TestOverwriteDoesNotReplaceAStreamThatIsNotComplete(t *testing.T) {
	l := newLake(t)
	x := `"x":{"type":"string"}`
	c := catalog(stream("a", x, overwrite), stream("b", x, overwrite))
	l.write(0, c, record("a", `{"x":"old"}`), record("b", `{"x":"old"}`))
	for _, word := range []string{"INCOMPLETE", "STARTED"} {
		r := l.write(0, c, record("a", `{"x":"part"}`), state("a", "1"), record("b", `{"x":"new"}`), state("b", "2"), global("3"), status("b", "COMPLETE"), status("a", word))
		wantEqual(t, "states", states(r), "2 1/0")
		l.Want(`SELECT a.x, b.x FROM a, b`, "old,new")
	}
}

func TestAnOverwriteKilledInTheMiddleLeavesTheOldTable(t *testing.T) {
	l := newLake(t)
	c := catalog(stream("a", `"x":{"type":"string"}`, overwrite))
	l.write(0, c, record("a", `{"x":"old"}`))
	for _, signal := range signals {
		p := l.start(c, `"commit_ms":1`)
		p.Send(record("a", `{"x":"new"}`), state("a", "1"))
		l.WaitFor(`SELECT coalesce(max(n), 0) FROM (SELECT (xpath('/row/n/text()', query_to_xml('SELECT count(*) AS n FROM a_airbyte_tmp', true, true, '')))[1]::text::int AS n
			WHERE to_regclass('a_airbyte_tmp') IS NOT NULL) x`, "1")
		p.End(signal)
		wantEqual(t, "states", states(p.Result), "")
		l.Want(`SELECT x FROM a`, "old")
	}
	l.write(0, c, record("a", `{"x":"whole"}`))
	l.Want(`SELECT x FROM a`, "whole")
	l.Want(`SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace`, "1")
}

func TestOlderGenerationsGoOnCompleteOnly(t *testing.T) {
	schema := `"id":{"type":"integer"},"at":{"type":"integer"},"v":{"type":"string"}`
	for _, mode := range []string{appending, byCursor} {
		l := newLake(t)
		l.write(0, catalog(stream("a", schema, mode, generation(1, 0))), records("a", `{"id":1,"at":9,"v":"old"}`, `{"id":2,"at":9,"v":"old"}`))
		c := catalog(stream("a", schema, mode, generation(2, 2)), stream("b", "", appending, generation(2, 2)))
		l.write(0, c, record("a", `{"id":1,"at":1,"v":"first attempt"}`), state("a", "1"), status("a", "STARTED"), status("a", "INCOMPLETE"), status("b", "COMPLETE"))
		all := map[string]string{appending: "1,old|1,first attempt|2,old", byCursor: "1,first attempt|2,old"}[mode]
		l.Want(`SELECT id, v FROM a ORDER BY id, _airbyte_generation_id`, all)
		l.write(0, c, record("a", `{"id":3,"at":1,"v":"resumed"}`), status("a", "COMPLETE"), state("a", "2"))
		l.Want(`SELECT id, v FROM a ORDER BY id`, "1,first attempt|3,resumed")
		l.write(0, catalog(stream("a", schema, mode, generation(2, 0))), record("a", `{"id":4,"at":1,"v":"next sync"}`), status("a", "COMPLETE"))
		l.Want(`SELECT id FROM a ORDER BY id`, "1|3|4")
		l.write(0, catalog(stream("a", schema, mode, generation(3, 3))), status("a", "COMPLETE"))
		l.Want(`SELECT count(*) FROM a`, "0")
	}
}
