package main

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"knelt.dev/pkg/airbyte"
)

func TestRowsOfAnEqualCursorComeAgainUnlessTheCursorIsUnique(t *testing.T) {
	f := newFile(t, `CREATE TABLE a (id INTEGER PRIMARY KEY, at INTEGER NOT NULL)`, `INSERT INTO a VALUES (1, 10), (2, 20), (3, 20)`)
	state := lastState(t, f.read(0, catalogOf("a:at"), ""))
	f.do(`INSERT INTO a VALUES (4, 20), (5, 30), (6, 5)`, `UPDATE a SET at = 20 WHERE id = 1`)
	wantEqual(t, "by at", valuesOf(t, f.read(0, catalogOf("a:at"), state), "id"), "1 2 3 4 5")
	state = lastState(t, f.read(0, catalogOf("a:id"), ""))
	f.do(`INSERT INTO a VALUES (7, 7)`)
	wantEqual(t, "by id", valuesOf(t, f.read(0, catalogOf("a:id"), state), "id"), "7")
}

// Whatever happens between syncs, a row whose cursor was set to the last one
// read or a later one is read by the next.
func TestNoRowIsMissedByItsCursor(t *testing.T) {
	f := newFile(t, `CREATE TABLE a (id INTEGER PRIMARY KEY, at)`)
	fewChecks(t, "25")
	rapid.Check(t, func(rt *rapid.T) {
		f.do(`DELETE FROM a`)
		values := rapid.SampledFrom([]string{"1", "2", "2.5", "3", "'1'", "'2024-01-01'", "'é'", "'a\"b'", "-7", "9223372036854775807", "1e300", "NULL"})
		for range 4 {
			f.do(`INSERT INTO a (at) VALUES (` + values.Draw(rt, "before") + `)`)
		}
		first := f.read(0, catalogOf("a:at"), "", `"records_per_state":1`)
		f.do(`DELETE FROM a WHERE id <= 4 AND at IS NULL`, `UPDATE a SET id = id + 10 WHERE at = (SELECT max(at) FROM a)`)
		f.do(`INSERT INTO a (id, at) SELECT id + 100, at FROM a WHERE at = (SELECT max(at) FROM a)`, `INSERT INTO a (id, at) VALUES (99, NULL)`)
		want := strings.Fields(valuesOf(t, f.read(0, catalogOf("a"), ""), "id"))
		got := " " + valuesOf(t, f.read(0, catalogOf("a:at"), lastState(t, first)), "id") + " "
		for _, id := range want {
			if len(id) > 1 && !strings.Contains(got, " "+id+" ") {
				rt.Fatalf("row %s was missed: of %v came %s", id, want, got)
			}
		}
	})
}

func TestRowsWithoutACursorComeEachTime(t *testing.T) {
	f := newFile(t, `CREATE TABLE a (x, at)`, `INSERT INTO a VALUES (1, NULL), (2, 5)`)
	r := f.read(0, catalogOf("a:at"), "")
	wantEqual(t, "first", valuesOf(t, r, "x"), "1 2")
	f.do(`INSERT INTO a VALUES (3, NULL), (4, 6)`)
	wantEqual(t, "second", valuesOf(t, f.read(0, catalogOf("a:at"), lastState(t, r)), "x"), "1 3 2 4")
}

func TestAStateOfAnotherCursorOrModeStartsFromTheBeginning(t *testing.T) {
	f := newFile(t, `CREATE TABLE a (x, y)`, `INSERT INTO a VALUES (1, 9), (2, 8)`)
	state := lastState(t, f.read(0, catalogOf("a:x"), ""))
	wantEqual(t, "another cursor", valuesOf(t, f.read(0, catalogOf("a:y"), state), "x"), "2 1")
	r := f.read(0, catalogOf("a"), state)
	wantEqual(t, "whole", valuesOf(t, r, "x"), "1 2")
	wantEqual(t, "its state", string(r.Of(airbyte.State)[0].State.Stream.State), `{"rowid":2,"done":true}`)
	r = f.read(0, catalogOf("a:x"), lastState(t, r))
	wantEqual(t, "incremental again", string(r.Of(airbyte.State)[0].State.Stream.State), `{"cursor_field":"x","cursor":2}`)
}

func TestCursorsOfEveryTypeAreKeptAsTheyAre(t *testing.T) {
	for declared, value := range map[string]string{
		"INTEGER": `9007199254740993`, "REAL": `0.1`, "TEXT": `"2024-02-30T25:00:00"`, "DATETIME": `"2024-01-01 10:00:00"`,
		"DATE": `"yesterday"`, "TIMESTAMP": `1700000000`, "BOOLEAN": `1`, "": `"é\u0000\"<"`,
	} {
		f := newFile(t, `CREATE TABLE a (at `+declared+`)`)
		if _, err := f.db.Exec(`INSERT INTO a SELECT ? ->> '$'`, value); err != nil {
			t.Fatal(err)
		}
		r := f.read(0, catalogOf("a:at"), "")
		wantEqual(t, declared, string(r.Of(airbyte.State)[0].State.Stream.State), `{"cursor_field":"at","cursor":`+value+`}`)
		if again := f.read(0, catalogOf("a:at"), lastState(t, r)); len(rows(again)) != 1 {
			t.Errorf("%s: the row with the last cursor did not come again", declared)
		}
	}
}

func TestValuesThatNoStateCanHoldDoNotMoveTheCursor(t *testing.T) {
	f := newFile(t, `CREATE TABLE a (x, at)`, `INSERT INTO a VALUES (1, 5), (2, 9e999), (3, CAST(x'61ff' AS TEXT))`)
	r := f.read(0, catalogOf("a:at"), "")
	wantEqual(t, "state", string(r.Of(airbyte.State)[0].State.Stream.State), `{"cursor_field":"at","cursor":5}`)
	wantEqual(t, "values", valuesOf(t, r, "at"), `5 null "a�"`)
	f.do(`INSERT INTO a VALUES (4, x'00')`)
	wantEqual(t, "a BLOB", words(f.read(1, catalogOf("a:at"), "")), "a:STARTED a:INCOMPLETE config_error")
}

func TestACursorThatIsNotThereOrAStateOfAnotherSourceFailsTheStream(t *testing.T) {
	f := newFile(t, `CREATE TABLE a (x)`)
	for _, state := range []string{`{"cursor":{"a":1},"cursor_field":"x"}`, `{"cursor":true,"cursor_field":"x"}`, `{"rowid":"x"}`, `[1]`} {
		file := `[{"type":"STREAM","stream":{"stream_descriptor":{"name":"a"},"stream_state":` + state + `}}]`
		wantEqual(t, state, words(f.read(1, catalogOf("a:x"), file)), "a:STARTED a:INCOMPLETE config_error")
	}
	wantEqual(t, "no column", words(f.read(1, catalogOf("a:y"), "")), "a:STARTED a:INCOMPLETE config_error")
}
