package main

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestWithACursorTheLaterOrEqualRowStays(t *testing.T) {
	l := newLake(t)
	c := catalog(stream("a", `"at":{"type":"integer"}`, byCursor))
	l.write(0, c, records("a", `{"id":1,"at":5,"v":"a"}`, `{"id":1,"at":4,"v":"older"}`, `{"id":2,"at":1,"v":"a"}`, `{"id":2,"at":1,"v":"equal"}`,
		`{"id":3,"v":"none"}`, `{"id":3,"at":0,"v":"some"}`, `{"id":3,"v":"none again"}`))
	l.want(`SELECT id, v FROM a ORDER BY id`, "1,'a'|2,'equal'|3,'some'")
	l.write(0, c, records("a", `{"id":1,"at":10,"v":"ten"}`, `{"id":2,"at":0,"v":"older"}`, `{"id":1,"at":"9","v":"nine as text"}`))
	l.want(`SELECT id, v FROM a ORDER BY id`, "1,'ten'|2,'equal'|3,'some'")
}

func TestWithoutACursorTheLastRowStaysWhole(t *testing.T) {
	l := newLake(t)
	l.write(0, catalog(stream("a", "", dedup)), records("a", `{"id":1,"v":"x","w":1}`, `{"id":2,"v":"y"}`, `{"id":1,"v":"z"}`))
	l.want(`SELECT id, v, w FROM a ORDER BY id`, "1,'z',NULL|2,'y',NULL")
}

func TestNullPartsOfAKeyAreEqual(t *testing.T) {
	l := newLake(t)
	key := `"destination_sync_mode":"append_dedup","primary_key":[["a"],["b"]]`
	c := catalog(stream("t", "", key))
	for range 2 {
		r := l.write(0, c, records("t", `{"a":1,"v":1}`, `{"a":1,"b":null,"v":2}`, `{"b":1,"v":3}`, `{"a":1,"b":1,"v":4}`, `{"a":"","b":"","v":5}`, `{"a":"","v":6}`, `{"v":7}`), state("t", "1"))
		wantEqual(t, "states", states(r), "1 6/1")
		l.want(`SELECT a, b, v FROM t ORDER BY v`, "1,NULL,2|NULL,1,3|1,1,4|'','',5|'',NULL,6")
	}
}

func TestNestedKeysAndCursorsGetColumnsOfTheirOwn(t *testing.T) {
	l := newLake(t)
	c := catalog(stream("a", `"a.b":{"type":"string"}`, `"destination_sync_mode":"append_dedup","primary_key":[["a","b"],["n"]],"cursor_field":["c","at"]`))
	l.write(0, c, records("a", `{"a":{"b":1,"b":2},"n":1,"c":{"at":2},"a.b":"mine"}`, `{"a":{"b":2},"n":1,"c":{"at":1},"a.b":"older"}`, `{"a":7,"n":1}`, `{"a":{},"n":2}`))
	l.want(`SELECT "a.b", n, "c.at", "a.b_2e7336" FROM a ORDER BY 1, 2`, "NULL,1,NULL,NULL|NULL,2,NULL,NULL|2,1,2,'mine'")
}

func TestKeysOfMixedTypesCompareAsTheirColumnDoes(t *testing.T) {
	for declared, want := range map[string]string{
		`{}`: "'1','1'|1,1.0", `{"type":"integer"}`: "1,'1'", `{"type":"number"}`: "1,'1'", `{"type":"string"}`: "'1','1'|'1.0',1.0",
	} {
		l := newLake(t)
		l.write(0, catalog(stream("a", `"id":`+declared, dedup)), records("a", `{"id":1,"v":1}`, `{"id":1.0,"v":"1.0"}`, `{"id":"1","v":"'1'"}`))
		wantEqual(t, declared, strings.ReplaceAll(l.query(`SELECT id, v FROM a ORDER BY typeof(id) DESC, id`), "''1''", "'1'"), strings.ReplaceAll(want, ",1.0", ",'1.0'"))
	}
}

func TestTheModeAndTheKeyOfATableMayChange(t *testing.T) {
	l := newLake(t)
	l.write(0, catalog(stream("a", "", appending)), records("a", `{"id":1,"at":1,"v":"old"}`, `{"id":1,"at":3,"v":"new"}`, `{"id":1,"at":2,"v":"late"}`, `{"v":"no key"}`, `{"v":"nor here"}`))
	l.write(0, catalog(stream("a", "", byCursor)), record("a", `{"id":2,"at":1,"v":"b"}`))
	l.want(`SELECT id, v FROM a ORDER BY id, v`, "NULL,'no key'|NULL,'nor here'|1,'new'|2,'b'")
	l.write(0, catalog(stream("a", "", appending)), record("a", `{"id":1,"at":1,"v":"again"}`))
	l.want(`SELECT count(*) FROM a WHERE id = 1`, "2")
	l.write(0, catalog(stream("a", "", dedup)), record("a", `{"id":3,"v":"c"}`))
	l.want(`SELECT id, v FROM a WHERE id > 0 ORDER BY id`, "1,'again'|2,'b'|3,'c'")

	pair := `"destination_sync_mode":"append_dedup","primary_key":[["id"],["v"]]`
	l.write(0, catalog(stream("a", "", pair)), records("a", `{"id":3,"v":"d"}`, `{"id":3,"v":"d","w":1}`))
	l.want(`SELECT id, v, w FROM a ORDER BY id, v`, "NULL,'no key',NULL|NULL,'nor here',NULL|1,'again',NULL|2,'b',NULL|3,'c',NULL|3,'d',1")
	l.write(0, catalog(stream("a", "", dedup)), record("a", `{"id":4,"v":"e"}`))
	l.want(`SELECT id, v FROM a WHERE id > 2`, "3,'d'|4,'e'")
	l.write(0, catalog(stream("a", "", overwrite)), record("a", `{"id":4,"v":"f"}`), record("a", `{"id":4,"v":"g"}`))
	l.write(0, catalog(stream("a", "", dedup)), record("a", `{"id":5}`))
	l.want(`SELECT id, v FROM a`, "4,'g'|5,NULL")
}

func TestAKeyIsNeeded(t *testing.T) {
	l := newLake(t)
	for _, mode := range []string{`"destination_sync_mode":"append_dedup"`, `"destination_sync_mode":"append_dedup","primary_key":[[]]`, `"destination_sync_mode":"update"`} {
		class, _ := failure(t, l.write(1, catalog(stream("a", "", mode))))
		wantEqual(t, mode, class, "config_error")
	}
}

// However rows come, in one statement or several, the table is what a map would
// be.
func TestADeduplicatedTableIsAMapOfTheNewestRows(t *testing.T) {
	fewChecks(t, "15")
	rapid.Check(t, func(rt *rapid.T) {
		l := newLake(t)
		type row struct{ key, at, v int }
		newest, n := map[int]row{}, 0
		for range rapid.IntRange(1, 2).Draw(rt, "syncs") {
			var lines []string
			for range rapid.IntRange(0, 300).Draw(rt, "rows") {
				r := row{rapid.IntRange(0, 20).Draw(rt, "key"), rapid.IntRange(0, 5).Draw(rt, "at"), n}
				n++
				if old, ok := newest[r.key]; !ok || r.at >= old.at {
					newest[r.key] = r
				}
				lines = append(lines, record("a", fmt.Sprintf(`{"id":%d,"at":%d,"v":%d}`, r.key, r.at, r.v)))
			}
			l.write(0, catalog(stream("a", `"id":{},"at":{},"v":{}`, byCursor)), lines...)
		}
		var want []string
		for key := range 21 {
			if r, ok := newest[key]; ok {
				want = append(want, fmt.Sprintf("%d,%d,%d", r.key, r.at, r.v))
			}
		}
		if got := l.query(`SELECT id, at, v FROM a ORDER BY id`); got != strings.Join(want, "|") {
			rt.Fatalf("got %s want %s", got, strings.Join(want, "|"))
		}
	})
}
