package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"knelt.dev/connectors/internal/kittest"
)

func TestWithACursorTheLaterOrEqualRowStays(t *testing.T) {
	l := newLake(t)
	c := catalog(stream("a", `"id":{"type":"integer"},"at":{"type":"integer"},"v":{"type":"string"}`, byCursor))
	l.write(0, c, records("a", `{"id":1,"at":5,"v":"a"}`, `{"id":1,"at":4,"v":"older"}`, `{"id":2,"at":1,"v":"a"}`, `{"id":2,"at":1,"v":"equal"}`,
		`{"id":3,"v":"none"}`, `{"id":3,"at":0,"v":"some"}`, `{"id":3,"v":"none again"}`))
	l.Want(`SELECT id, v FROM a ORDER BY id`, "1,a|2,equal|3,some")
	l.write(0, c, records("a", `{"id":1,"at":10,"v":"ten"}`, `{"id":2,"at":0,"v":"older"}`, `{"id":3,"at":0,"v":"equal"}`))
	l.Want(`SELECT id, v FROM a ORDER BY id`, "1,ten|2,equal|3,equal")
}

func TestWithoutACursorTheLastRowStaysWhole(t *testing.T) {
	l := newLake(t)
	l.write(0, catalog(stream("a", `"id":{"type":"integer"}`, dedup)), records("a", `{"id":1,"v":"x","w":1}`, `{"id":2,"v":"y"}`, `{"id":1,"v":"z"}`))
	l.Want(`SELECT id, v, w FROM a ORDER BY id`, `1,"z",NULL|2,"y",NULL`)
}

func TestNullPartsOfAKeyAreEqualAndRowsWithoutAKeyAreRejected(t *testing.T) {
	l := newLake(t)
	key := `"destination_sync_mode":"append_dedup","primary_key":[["a"],["b"]]`
	c := catalog(stream("t", `"a":{"type":"integer"},"b":{"type":"string"},"v":{"type":"integer"}`, key))
	for range 2 {
		r := l.write(0, c, records("t", `{"a":1,"v":1}`, `{"a":1,"b":null,"v":2}`, `{"b":"1","v":3}`, `{"a":1,"b":"1","v":4}`, `{"v":7}`, `{"a":"x","b":"1","v":8}`), state("t", "1"))
		wantEqual(t, "states", states(r), "1 4/2")
		l.Want(`SELECT a, b, v FROM t ORDER BY v`, "1,NULL,2|NULL,1,3|1,1,4")
	}
}

func TestKeysThatCannotBeKeptAreRejectedAndCounted(t *testing.T) {
	l := newLake(t)
	c := catalog(stream("a", `"id":{"type":"string"}`, dedup))
	r := l.write(0, c, records("a", `{"id":"a\u0000"}`, `{"id":"`+strings.Repeat("0", 100_000)+`"}`, `{"id":"ok"}`, `{"id":"`+dense(2600)+`"}`), state("a", "1"))
	wantEqual(t, "states", states(r), "1 2/2")
	wantEqual(t, "one warning", fmt.Sprint(strings.Count(string(r.Stdout), "WARN")), "1")
}

// dense is a text of so many characters that cannot be compressed well.
func dense(n int) string {
	var text []byte
	for i := 0; len(text) < n; i++ {
		sum := sha256.Sum256([]byte{byte(i)})
		text = base64.StdEncoding.AppendEncode(text, sum[:30])
	}
	return string(text[:n])
}

func TestNestedKeysAndCursorsGetColumnsOfTheirOwn(t *testing.T) {
	l := newLake(t)
	c := catalog(stream("a", `"a.b":{"type":"string"}`, `"destination_sync_mode":"append_dedup","primary_key":[["a","b"],["n"]],"cursor_field":["c","at"]`))
	l.write(0, c, records("a", `{"a":{"b":1,"b":2},"n":1,"c":{"at":2},"a.b":"mine"}`, `{"a":{"b":2},"n":1,"c":{"at":1},"a.b":"older"}`, `{"a":7,"n":1}`))
	l.Want(`SELECT "a.b", n, "c.at", "a.b_2e7336" FROM a ORDER BY 1`, "2,1,2,mine|NULL,1,NULL,NULL")
}

func TestTheModeAndTheKeyOfATableMayChange(t *testing.T) {
	l := newLake(t)
	schema := `"id":{"type":"integer"},"at":{"type":"integer"},"v":{"type":"string"}`
	l.write(0, catalog(stream("a", schema, appending)), records("a", `{"id":1,"at":1,"v":"old"}`, `{"id":1,"at":3,"v":"new"}`, `{"id":1,"at":2,"v":"late"}`, `{"v":"no key"}`, `{"v":"nor here"}`))
	l.write(0, catalog(stream("a", schema, byCursor)), record("a", `{"id":2,"at":1,"v":"b"}`))
	l.Want(`SELECT id, v FROM a ORDER BY id, v`, "1,new|2,b|NULL,no key|NULL,nor here")
	l.write(0, catalog(stream("a", schema, appending)), record("a", `{"id":1,"at":1,"v":"again"}`))
	l.Want(`SELECT count(*) FROM a WHERE id = 1`, "2")
	other := strings.Replace(byCursor, `[["id"]]`, `[["id"],["v"]]`, 1)
	l.write(0, catalog(stream("a", schema, other)), records("a", `{"id":1,"at":5,"v":"again"}`, `{"id":1,"at":5,"v":"third"}`))
	l.Want(`SELECT id, v, at FROM a WHERE id = 1 ORDER BY v`, "1,again,5|1,new,3|1,third,5")
	l.Want(`SELECT count(*) FROM pg_indexes WHERE tablename = 'a'`, "1")
}

// What is in the table is what a map by key would hold, however the rows are cut
// into batches, commits and runs.
func TestDeduplicationIsThatOfAMap(t *testing.T) {
	kittest.FewChecks(t, "15")
	l := newLake(t)
	rapid.Check(t, func(rt *rapid.T) {
		l.Do(`DROP TABLE IF EXISTS a`)
		type row struct{ at, v int }
		want := map[int]row{}
		v := 0
		for range rapid.IntRange(1, 3).Draw(rt, "runs") {
			var lines []string
			for range rapid.IntRange(0, 30).Draw(rt, "rows") {
				v++
				id, at := rapid.IntRange(1, 5).Draw(rt, "id"), rapid.IntRange(0, 4).Draw(rt, "at")
				cursor := fmt.Sprint(at)
				if at == 0 {
					at, cursor = -1, "null"
				}
				lines = append(lines, record("a", fmt.Sprintf(`{"id":%d,"at":%s,"v":%d}`, id, cursor, v)))
				if old, ok := want[id]; !ok || at >= old.at {
					want[id] = row{at, v}
				}
				if rapid.Bool().Draw(rt, "state") {
					lines = append(lines, state("a", "1"))
				}
			}
			l.writeWith(0, l.Config(`"commit_rows":1`), catalog(stream("a", `"id":{"type":"integer"},"at":{"type":"integer"},"v":{"type":"integer"}`, byCursor)), lines...)
		}
		var all []string
		for id := 1; id <= 5; id++ {
			if r, ok := want[id]; ok {
				all = append(all, fmt.Sprintf("%d,%d,%d", id, r.at, r.v))
			}
		}
		if got := l.Query(`SELECT id, coalesce(at, -1), v FROM a ORDER BY id`); got != strings.Join(all, "|") {
			rt.Fatalf("got %s, want %s", got, strings.Join(all, "|"))
		}
	})
}
