package main

import "testing"

func TestOverwriteReplacesATableAtTheEndOfInput(t *testing.T) {
	l := newLake(t)
	c := catalog(stream("a", "", overwrite), stream("b", "", appending))
	for n := range 2 {
		r := l.write(0, c, record("a", `{"x":1}`), state("a", "1"), record("b", `{"x":1}`), state("b", "2"), record("a", `{"y":2}`), state("a", "3"))
		wantEqual(t, "states: those of an overwrite come when it is done", states(r), "2 1/0, 1 1/0, 3 1/0")
		l.want(`SELECT x, y FROM a`, "1,NULL|NULL,2")
		l.want(`SELECT count(*) FROM b`, []string{"1", "2"}[n])
	}
	l.want(`SELECT count(*) FROM sqlite_schema`, "2")
}

func TestOverwriteKeepsWhatUsersMadeForTheTable(t *testing.T) {
	l := newLake(t)
	c := catalog(stream("a", "", overwrite))
	l.write(0, c, record("a", `{"x":1}`))
	l.do(`CREATE VIEW v AS SELECT x FROM a`, `CREATE INDEX mine ON a (x)`, `ALTER TABLE a ADD COLUMN gone`, `CREATE INDEX old ON a (gone)`)
	r := l.write(0, c, record("a", `{"x":2}`))
	l.want(`SELECT x FROM v`, "2")
	l.want(`SELECT name FROM sqlite_schema WHERE type = 'index'`, "'mine'")
	if warnings := r.Of(logType); len(warnings) != 1 {
		t.Errorf("warnings: %s", r.Stdout)
	}
}

func TestOverwriteDoesNotReplaceAStreamThatIsNotComplete(t *testing.T) {
	l := newLake(t)
	c := catalog(stream("a", "", overwrite), stream("b", "", overwrite))
	l.write(0, c, record("a", `{"x":"old"}`), record("b", `{"x":"old"}`))
	for _, word := range []string{"INCOMPLETE", "STARTED"} {
		r := l.write(0, c, record("a", `{"x":"part"}`), state("a", "1"), record("b", `{"x":"new"}`), state("b", "2"), global("3"), status("b", "COMPLETE"), status("a", word))
		wantEqual(t, "states", states(r), "2 1/0")
		l.want(`SELECT a.x, b.x FROM a, b`, "'old','new'")
	}
}

func TestAnOverwriteKilledInTheMiddleLeavesTheOldTable(t *testing.T) {
	l := newLake(t)
	c := catalog(stream("a", "", overwrite))
	l.write(0, c, record("a", `{"x":"old"}`))
	for _, signal := range signals {
		p := l.start(c, `"commit_ms":1`)
		p.Send(record("a", `{"x":"new"}`), state("a", "1"))
		l.waitFor(`SELECT count(*) FROM a_airbyte_tmp`, "1")
		p.End(signal)
		wantEqual(t, "states", states(p.Result), "")
		l.want(`SELECT x FROM a`, "'old'")
	}
	l.write(0, c, record("a", `{"x":"whole"}`))
	l.want(`SELECT x FROM a`, "'whole'")
	l.want(`SELECT count(*) FROM sqlite_schema`, "1")
}

func TestOlderGenerationsGoOnCompleteOnly(t *testing.T) {
	for _, mode := range []string{appending, byCursor} {
		l := newLake(t)
		l.write(0, catalog(stream("a", "", mode, generation(1, 0))), records("a", `{"id":1,"at":9,"v":"old"}`, `{"id":2,"at":9,"v":"old"}`))
		c := catalog(stream("a", "", mode, generation(2, 2)), stream("b", "", appending, generation(2, 2)))
		l.write(0, c, record("a", `{"id":1,"at":1,"v":"first attempt"}`), state("a", "1"), status("a", "STARTED"), status("a", "INCOMPLETE"), status("b", "COMPLETE"))
		all := map[string]string{appending: "1,'old'|1,'first attempt'|2,'old'", byCursor: "1,'first attempt'|2,'old'"}[mode]
		l.want(`SELECT id, v FROM a ORDER BY id, _airbyte_generation_id`, all)
		l.write(0, c, record("a", `{"id":3,"at":1,"v":"resumed"}`), status("a", "COMPLETE"), state("a", "2"))
		l.want(`SELECT id, v FROM a ORDER BY id`, "1,'first attempt'|3,'resumed'")
		l.write(0, catalog(stream("a", "", mode, generation(2, 0))), record("a", `{"id":4,"at":1,"v":"next sync"}`), status("a", "COMPLETE"))
		l.want(`SELECT id FROM a ORDER BY id`, "1|3|4")
		l.write(0, catalog(stream("a", "", mode, generation(3, 3))), status("a", "COMPLETE"))
		l.want(`SELECT count(*) FROM a`, "0")
	}
}

func TestRowsFromBeforeGenerationsAreOlderThanAll(t *testing.T) {
	l := newLake(t)
	l.do(`CREATE TABLE a (id, v)`, `INSERT INTO a VALUES (1, 'mine')`)
	l.write(0, catalog(stream("a", "", byCursor, generation(0, 0))), record("a", `{"id":1,"v":"new"}`))
	l.want(`SELECT v FROM a`, "'new'")
	l.do(`UPDATE a SET _airbyte_generation_id = NULL, at = 9`)
	l.write(0, catalog(stream("a", "", byCursor, generation(0, 0))), record("a", `{"id":1,"at":1,"v":"newer"}`))
	l.want(`SELECT v FROM a`, "'newer'")
	l.do(`UPDATE a SET _airbyte_generation_id = NULL`)
	l.write(0, catalog(stream("a", "", appending, generation(1, 1))), status("a", "COMPLETE"))
	l.want(`SELECT count(*) FROM a`, "0")
}

func TestRowsAfterCompleteAreKept(t *testing.T) {
	l := newLake(t)
	r := l.write(0, catalog(stream("a", "", appending, generation(2, 2))), record("a", `{"x":1}`), status("a", "COMPLETE"), record("a", `{"x":2}`), state("a", "1"))
	wantEqual(t, "states", states(r), "1 2/0")
	l.want(`SELECT count(*) FROM a`, "2")
}
