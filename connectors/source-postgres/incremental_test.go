package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"knelt.dev/connectors/internal/kittest"
	"knelt.dev/pkg/airbyte"
)

func TestRowsOfAnEqualCursorComeAgainUnlessTheCursorIsUnique(t *testing.T) {
	s := newShop(t, `CREATE TABLE a (id int PRIMARY KEY, at int NOT NULL)`, `INSERT INTO a VALUES (1, 10), (2, 20), (3, 20)`)
	state := lastState(t, s.read(0, catalogOf("a:at"), ""))
	s.Do(`INSERT INTO a VALUES (4, 20), (5, 30), (6, 5)`, `UPDATE a SET at = 20 WHERE id = 1`)
	wantEqual(t, "by at", valuesOf(t, s.read(0, catalogOf("a:at"), state), "id"), "1 2 3 4 5")
	state = lastState(t, s.read(0, catalogOf("a:id"), ""))
	s.Do(`INSERT INTO a VALUES (7, 7)`)
	wantEqual(t, "by id", valuesOf(t, s.read(0, catalogOf("a:id"), state), "id"), "7")
	wantEqual(t, "nothing new", words(s.read(0, catalogOf("a:id"), lastState(t, s.read(0, catalogOf("a:id"), state)))), "a:STARTED 0/0 a:COMPLETE")
}

func TestTiesOfOneCursorAreNeitherLostNorAnEndlessLoop(t *testing.T) {
	s := newShop(t, `CREATE TABLE a (id int PRIMARY KEY, at int)`, `INSERT INTO a SELECT i * 10, 5 FROM generate_series(1, 10) i`)
	first := s.read(0, catalogOf("a:at"), "", `"records_per_state":4`)
	middle := string(first.Of(airbyte.State)[0].State.Stream.State)
	wantEqual(t, "state in the middle", middle, `{"cursor_field":"at","cursor":"5","key":["id"],"after":["40"]}`)
	// Others get the same cursor meanwhile, behind and before the place, and a
	// later one.
	s.Do(`INSERT INTO a VALUES (15, 5), (35, 5), (45, 5), (1, 6)`)
	resumed := s.read(0, catalogOf("a:at"), stateOf(middle), `"records_per_state":3`)
	wantEqual(t, "it goes on, and then looks at the ties again", valuesOf(t, resumed, "id"), "45 50 60 70 80 90 100 1 10 15 20 30 35 40")
	states := resumed.Of(airbyte.State)
	wantEqual(t, "states tell of the ties", string(states[0].State.Stream.State),
		`{"cursor_field":"at","cursor":"5","key":["id"],"after":["60"],"ties":[{"cursor":"5","up_to":["40"]}]}`)
	wantEqual(t, "and of the way through them", string(states[2].State.Stream.State),
		`{"cursor_field":"at","cursor":"6","key":["id"],"after":["1"],"ties":[{"cursor":"5","after":["10"],"up_to":["40"]}]}`)
	wantEqual(t, "the end", string(states[len(states)-1].State.Stream.State), `{"cursor_field":"at","cursor":"6","key":["id"]}`)
	wantEqual(t, "the next read", valuesOf(t, s.read(0, catalogOf("a:at"), lastState(t, resumed)), "id"), "1")
}

func stateOf(position string) string {
	return `[{"type":"STREAM","stream":{"stream_descriptor":{"name":"a","namespace":"public"},"stream_state":` + position + `}}]`
}

func TestWithoutAKeyStatesStandBetweenCursorsOnly(t *testing.T) {
	s := newShop(t, `CREATE TABLE a (x int, at int NOT NULL)`, `INSERT INTO a VALUES (1, 1), (2, 2), (3, 2), (4, 2), (5, 3)`)
	r := s.read(0, catalogOf("a:at"), "", `"records_per_state":1`)
	wantEqual(t, "messages", words(r), "a:STARTED 1/1 3/3 1/1 a:COMPLETE")
	wantEqual(t, "state", string(r.Of(airbyte.State)[1].State.Stream.State), `{"cursor_field":"at","cursor":"2"}`)
}

func TestRowsWithoutACursorComeEachTimeAndLast(t *testing.T) {
	s := newShop(t, `CREATE TABLE a (x int PRIMARY KEY, at int)`, `INSERT INTO a VALUES (1, NULL), (2, 5), (3, NULL), (4, NULL)`)
	r := s.read(0, catalogOf("a:at"), "", `"records_per_state":2`)
	wantEqual(t, "first", valuesOf(t, r, "x"), "2 1 3 4")
	wantEqual(t, "state", string(r.Of(airbyte.State)[0].State.Stream.State), `{"cursor_field":"at","cursor":"5","key":["x"],"after":["2"],"nulls":["1"]}`)
	resumed := s.read(0, catalogOf("a:at"), stateOf(string(r.Of(airbyte.State)[0].State.Stream.State)))
	wantEqual(t, "resumed", valuesOf(t, resumed, "x"), "3 4")
	s.Do(`INSERT INTO a VALUES (5, NULL), (6, 6)`)
	wantEqual(t, "second", valuesOf(t, s.read(0, catalogOf("a:at"), lastState(t, resumed)), "x"), "2 6 1 3 4 5")
}

func TestInfinitiesDoNotMoveTheCursor(t *testing.T) {
	for kind, values := range map[string][3]string{
		"timestamptz": {"2024-01-01 00:00:00+00", "infinity", "2024-01-02 00:00:00+00"}, "float8": {"1", "NaN", "2"}, "numeric": {"1", "Infinity", "2"},
	} {
		s := newShop(t, `CREATE TABLE a (id int PRIMARY KEY, at `+kind+` NOT NULL)`, `INSERT INTO a VALUES (1, '`+values[0]+`'), (2, '`+values[1]+`')`)
		r := s.read(0, catalogOf("a:at"), "", `"records_per_state":1`)
		wantEqual(t, kind, string(r.Of(airbyte.State)[1].State.Stream.State), `{"cursor_field":"at","cursor":"`+values[0]+`","key":["id"]}`)
		s.Do(`INSERT INTO a VALUES (3, '` + values[2] + `')`)
		wantEqual(t, kind, valuesOf(t, s.read(0, catalogOf("a:at"), lastState(t, r)), "id"), "1 3 2")
	}
}

// cursors are values of a type in their order, for TestNoRowIsMissed.
var cursors = map[string][]string{
	"int":         {"-7", "1", "2", "9"},
	"numeric":     {"-1.5", "1.25", "1.250001", "12345678901234567890.5"},
	"text":        {`a"b`, "a'c", `b\`, "é"},
	"timestamptz": {"2024-01-01 00:00:00+00", "2024-01-01 00:00:00.000001+00", "2024-01-01 01:00:00+00", "infinity"},
	"date":        {"0044-03-15 BC", "2024-01-01", "2024-01-02", "12024-01-01"},
	"float8":      {"-Infinity", "0.1", "0.30000000000000004", "NaN"},
	"uuid":        {"00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002", "f0000000-0000-0000-0000-000000000000"},
	"boolean":     {"f", "t"},
}

// Whatever happens between the attempts and syncs, a row whose cursor was set to
// the last one or a later one is read: with and without a primary key, killed in
// the middle or not.
func TestNoRowIsMissed(t *testing.T) {
	kittest.FewChecks(t, "12")
	s := newShop(t)
	rapid.Check(t, func(rt *rapid.T) {
		kind := rapid.SampledFrom([]string{"int", "numeric", "text", "timestamptz", "date", "float8", "uuid", "boolean"}).Draw(rt, "kind")
		key := rapid.SampledFrom([]string{"PRIMARY KEY", "NOT NULL"}).Draw(rt, "key")
		s.Do(`DROP TABLE IF EXISTS a`, `CREATE TABLE a (id int `+key+`, at `+kind+`)`)
		values := rapid.SampledFrom(append([]string{"NULL"}, cursors[kind]...))
		last, n := map[int]string{}, 0
		insert := func(value string) {
			n++
			id := n * 37 % 101
			literal := "'" + strings.ReplaceAll(value, "'", "''") + "'"
			if value == "NULL" {
				literal = value
			}
			last[id] = value
			s.Do(fmt.Sprintf(`INSERT INTO a VALUES (%d, %s)`, id, literal))
		}
		for range rapid.IntRange(0, 12).Draw(rt, "before") {
			insert(values.Draw(rt, "at"))
		}
		seen, state := map[string]bool{}, ""
		for attempt := range 3 {
			r := s.read(0, catalogOf("a:at"), state, `"records_per_state":1`)
			all := r.Of(airbyte.State)
			kept := all[len(all)-1]
			if attempt < 2 && len(all) > 1 { // as if it was killed after a state
				kept = all[rapid.IntRange(0, len(all)-2).Draw(rt, "kept")]
			}
			for _, m := range upTo(r, kept) {
				seen[idOf(m)] = true
			}
			state = stateOf(string(kept.State.Stream.State))
			for range 3 { // rows of the greatest cursor, or without one
				insert(rapid.SampledFrom([]string{"NULL", cursors[kind][len(cursors[kind])-1]}).Draw(rt, "late"))
			}
		}
		r := s.read(0, catalogOf("a:at"), state, `"records_per_state":1`)
		for _, m := range r.Of(airbyte.Record) {
			seen[idOf(m)] = true
		}
		for id, value := range last {
			if !seen[fmt.Sprint(id)] {
				rt.Fatalf("%s, %s: row %d with cursor %s was missed", kind, key, id, value)
			}
		}
	})
}

func idOf(m *airbyte.Message) string {
	id, _, _ := strings.Cut(strings.TrimPrefix(string(m.Record.Data), `{"id":`), ",")
	return id
}

// upTo gives the records in front of a state.
func upTo(r kittest.Result, state *airbyte.Message) []*airbyte.Message {
	var records []*airbyte.Message
	position := string(state.State.Stream.State)
	for _, m := range r.Messages() {
		if m.Type == airbyte.Record {
			records = append(records, m)
		}
		if m.Type == airbyte.State && string(m.State.Stream.State) == position {
			break
		}
	}
	return records
}

func TestAKilledIncrementalReadGoesOnThroughAGreatTie(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 2))
	const all = 20_000
	s := newShop(t, `CREATE TABLE a (id int PRIMARY KEY, at date NOT NULL)`, fmt.Sprintf(`INSERT INTO a SELECT i, '2024-01-01' FROM generate_series(1, %d) i`, all))
	seen, state, read := map[string]bool{}, "", 0
	for runs := 0; ; runs++ {
		r := s.readLines(1500+random.IntN(4000), catalogOf("a:at"), state, `"records_per_state":500`)
		for _, m := range r.Of(airbyte.Record) {
			seen[idOf(m)] = true
			read++
		}
		if len(r.Of(airbyte.State)) > 0 {
			state = lastState(t, r)
		}
		if r.Code == 0 {
			break
		}
		if runs > 40 {
			t.Fatalf("no end after %d runs, %d rows", runs, read)
		}
	}
	if len(seen) != all {
		t.Errorf("%d of %d rows", len(seen), all)
	}
}

func TestAStateOfAnotherCursorOrModeStartsFromTheBeginning(t *testing.T) {
	s := newShop(t, `CREATE TABLE a (x int PRIMARY KEY, y int)`, `INSERT INTO a VALUES (1, 9), (2, 8)`)
	state := lastState(t, s.read(0, catalogOf("a:x"), ""))
	wantEqual(t, "another cursor", valuesOf(t, s.read(0, catalogOf("a:y"), state), "x"), "2 1")
	r := s.read(0, catalogOf("a"), state)
	wantEqual(t, "whole", valuesOf(t, r, "x"), "1 2")
	wantEqual(t, "incremental again", valuesOf(t, s.read(0, catalogOf("a:y"), lastState(t, r)), "x"), "2 1")
}

func TestACursorThatIsNotThereOrAStateOfAnotherSourceFailsTheStream(t *testing.T) {
	s := newShop(t, `CREATE TABLE a (x int, j json, p point)`)
	for _, state := range []string{`{"cursor":{"a":1},"cursor_field":"x"}`, `{"cursor":true,"cursor_field":"x"}`, `{"after":"x"}`, `[1]`, `{"cursor_field":"x","cursor":"abc"}`} {
		r := s.read(1, catalogOf("a:x"), stateOf(state))
		if got := words(r); got != "a:STARTED a:INCOMPLETE config_error" && !strings.HasSuffix(state, `"abc"}`) {
			t.Errorf("%s: %s", state, got)
		}
		if strings.Contains(string(r.Stdout), "abc") {
			t.Errorf("the error shows a value: %s", r.Stdout)
		}
	}
	for _, cursor := range []string{"y", "j", "p"} {
		wantEqual(t, cursor, words(s.read(1, catalogOf("a:"+cursor), "")), "a:STARTED a:INCOMPLETE config_error")
	}
}
