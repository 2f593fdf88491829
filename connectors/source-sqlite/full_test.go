package main

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"knelt.dev/connectors/internal/kittest"
	"knelt.dev/pkg/airbyte"
)

func TestAWholeReadGivesARowIDStateAfterSoManyRowsWithExactCounts(t *testing.T) {
	f := newFile(t, `CREATE TABLE a (x)`, `INSERT INTO a VALUES (1), (2), (3), (4), (5)`)
	r := f.read(0, catalogOf("a"), "", `"records_per_state":2`)
	wantEqual(t, "messages", words(r), "a:STARTED 2/2 2/2 1/1 a:COMPLETE")
	wantEqual(t, "state", string(r.Of(airbyte.State)[2].State.Stream.State), `{"rowid":5,"done":true}`)
}

func TestAKilledWholeReadGoesOnWithoutMissingARow(t *testing.T) {
	const all = 20_000
	f := newFile(t, `CREATE TABLE a (x)`,
		fmt.Sprintf(`INSERT INTO a WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < %d) SELECT i FROM n`, all))
	seen, state, kills := map[string]bool{}, "", 0
	for {
		cmd := program.Start(t, kittest.Call{Command: "read", Config: f.config(`"records_per_state":500`), Catalog: catalogOf("a"), State: state})
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		in := bufio.NewScanner(pipe)
		for lines, stop := 0, 3000+kills*1777; in.Scan() && (lines < stop || kills > 3); lines++ {
			switch m, err := airbyte.Decode(in.Bytes()); {
			case err != nil:
				t.Fatal(err)
			case m.Type == airbyte.Record:
				seen[string(m.Record.Data)] = true
			case m.Type == airbyte.State:
				raw, err := airbyte.Marshal(m.State)
				if err != nil {
					t.Fatal(err)
				}
				state = "[" + string(raw) + "]"
			}
		}
		if kills > 3 {
			if code := kittest.ExitCode(t, cmd.Wait()); code != 0 {
				t.Errorf("exit code %d", code)
			}
			break
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		kills++
	}
	for i := 1; i <= all; i++ {
		if !seen[`{"x":`+strconv.Itoa(i)+`}`] {
			t.Fatalf("row %d was not read", i)
		}
	}
}

func TestAResumedReadThatWasDoneGivesNewRowsOnly(t *testing.T) {
	f := newFile(t, `CREATE TABLE a (x)`, `CREATE TABLE w (x PRIMARY KEY) WITHOUT ROWID`,
		`INSERT INTO a VALUES (1), (2)`, `INSERT INTO w VALUES (1), (2)`)
	state := lastState(t, f.read(0, catalogOf("a", "w"), ""))
	f.do(`INSERT INTO a VALUES (3)`)
	wantEqual(t, "rows", strings.Join(rows(f.read(0, catalogOf("a", "w"), state)), ""), `{"x":3}`)
}

func TestTablesWithoutRowIDAndViewsAreReadWholeWithOneState(t *testing.T) {
	f := newFile(t, `CREATE TABLE w (x PRIMARY KEY, y) WITHOUT ROWID`, `INSERT INTO w VALUES (2, 'b'), (1, 'a')`,
		`CREATE VIEW v AS SELECT x * 10 AS ten FROM w ORDER BY x`)
	r := f.read(0, catalogOf("w", "v"), "", `"records_per_state":1`)
	wantEqual(t, "messages", words(r), "w:STARTED 2/2 w:COMPLETE v:STARTED 2/2 v:COMPLETE")
	wantEqual(t, "rows", strings.Join(rows(r), " "), `{"x":1,"y":"a"} {"x":2,"y":"b"} {"ten":10} {"ten":20}`)
}

func TestColumnsCalledLikeTheRowIDDoNotHideIt(t *testing.T) {
	f := newFile(t, `CREATE TABLE a (rowid TEXT, x)`, `INSERT INTO a VALUES ('z', 1), ('a', 2), (NULL, 3)`,
		`CREATE TABLE b (RowID, _rowid_, oid)`, `INSERT INTO b VALUES (2, 2, 2), (1, 1, 1)`)
	r := f.read(0, catalogOf("a"), "", `"records_per_state":1`)
	wantEqual(t, "order", valuesOf(t, r, "x"), "1 2 3")
	wantEqual(t, "resumed", valuesOf(t, f.read(0, catalogOf("a"), `[`+string(must(airbyte.Marshal(r.Of(airbyte.State)[0].State)))+`]`), "x"), "2 3")
	wantEqual(t, "no name left", words(f.read(0, catalogOf("b"), "", `"records_per_state":1`)), "b:STARTED 2/2 b:COMPLETE")
}

func must(raw []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return raw
}

func TestAnEmptyCatalogReadsNothing(t *testing.T) {
	if r := newFile(t, `CREATE TABLE a (x)`).read(0, `{"streams":[]}`, ""); len(r.Stdout) > 0 {
		t.Errorf("it said %s", r.Stdout)
	}
}
