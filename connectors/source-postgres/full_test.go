package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"knelt.dev/connectors/internal/kittest"
	"knelt.dev/pkg/airbyte"
)

func TestAWholeReadGivesAKeyStateAfterSoManyRowsWithExactCounts(t *testing.T) {
	s := newShop(t, `CREATE TABLE a (x int, k text, PRIMARY KEY (k, x))`, `INSERT INTO a SELECT i, 'é"' FROM generate_series(1, 5) i`)
	r := s.read(0, catalogOf("a"), "", `"records_per_state":2`)
	wantEqual(t, "messages", words(r), "a:STARTED 2/2 2/2 1/1 a:COMPLETE")
	wantEqual(t, "first state", string(r.Of(airbyte.State)[0].State.Stream.State), `{"key":["k","x"],"after":["é\"","2"]}`)
	wantEqual(t, "last state", string(r.Of(airbyte.State)[2].State.Stream.State), `{"key":["k","x"],"after":["é\"","5"],"done":true}`)
	if !strings.Contains(string(r.Stdout), `"recordCount":2.0`) {
		t.Error("counts have no decimal point")
	}
}

// A whole read that is killed again and again comes to its end, and no row is
// missed, whatever the type of the key.
func TestAKilledWholeReadGoesOnWithoutMissingARow(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	const all = 5000
	for kind, key := range map[string]string{
		"int": "i", "uuid": "md5(i::text)::uuid", "text": "md5(i::text) || 'é'", "timestamptz": "'2024-01-01Z'::timestamptz + i * interval '1.000001 s'",
		"float8": "i / 7.0", "numeric": "-i / 3.0", "bytea": "decode(md5(i::text), 'hex')", "char(9)": "i::text",
	} {
		s := newShop(t, `CREATE TABLE a (k `+kind+`, i int, PRIMARY KEY (k))`, fmt.Sprintf(`INSERT INTO a SELECT %s, i FROM generate_series(1, %d) i`, key, all))
		seen, state := map[string]bool{}, ""
		var ends int
		for kills := 0; ; kills++ {
			lines := 200 + random.IntN(2000)
			if kills > 3 {
				lines = 1 << 30
			}
			r := s.readLines(lines, catalogOf("a"), state, `"records_per_state":100`)
			for _, i := range strings.Fields(kittest.ValuesOf(t, r, "i")) {
				seen[i] = true
			}
			if len(r.Of(airbyte.State)) > 0 {
				state = lastState(t, r)
			}
			if kills > 3 {
				ends = r.Code
				break
			}
		}
		for i := 1; i <= all; i++ {
			if !seen[strconv.Itoa(i)] || ends != 0 {
				t.Fatalf("%s: row %d was read: %t, exit code %d", kind, i, seen[strconv.Itoa(i)], ends)
			}
		}
	}
}

func TestAResumedReadThatWasDoneGivesNewRowsOnly(t *testing.T) {
	s := newShop(t, `CREATE TABLE a (x int PRIMARY KEY)`, `CREATE TABLE w (x int)`, `INSERT INTO a VALUES (1), (2)`, `INSERT INTO w VALUES (1), (2)`)
	r := s.read(0, catalogOf("a", "w"), "", `"records_per_state":1`)
	wantEqual(t, "messages", words(r), "a:STARTED 1/1 1/1 0/0 a:COMPLETE w:STARTED 2/2 w:COMPLETE")
	s.Do(`INSERT INTO a VALUES (3)`)
	wantEqual(t, "rows", strings.Join(rows(s.read(0, catalogOf("a", "w"), lastState(t, r))), ""), `{"x":3}`)
}

func TestAStateOfAnotherKeyStartsFromTheBeginning(t *testing.T) {
	s := newShop(t, `CREATE TABLE a (x int PRIMARY KEY, y int NOT NULL)`, `INSERT INTO a VALUES (1, 9), (2, 8)`)
	state := lastState(t, s.read(0, catalogOf("a"), ""))
	s.Do(`ALTER TABLE a DROP CONSTRAINT a_pkey, ADD PRIMARY KEY (y)`)
	wantEqual(t, "rows", valuesOf(t, s.read(0, catalogOf("a"), state), "y"), "8 9")
}

func TestParentsAndTheirHeirsAreApartAndPartitionsAreOne(t *testing.T) {
	s := newShop(t, `CREATE TABLE parent (id int PRIMARY KEY)`, `CREATE TABLE heir () INHERITS (parent)`, `INSERT INTO parent VALUES (1)`, `INSERT INTO heir VALUES (1)`,
		`CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY HASH (id)`,
		`CREATE TABLE p0 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 0)`, `CREATE TABLE p1 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 1)`,
		`INSERT INTO parted SELECT generate_series(1, 5)`, `CREATE MATERIALIZED VIEW m AS SELECT 7 AS id`)
	r := s.read(0, catalogOf("parent", "heir", "parted", "m"), "", `"records_per_state":3`)
	wantEqual(t, "messages", words(r), "parent:STARTED 1/1 parent:COMPLETE heir:STARTED 1/1 heir:COMPLETE parted:STARTED 3/3 2/2 parted:COMPLETE m:STARTED 1/1 m:COMPLETE")
	wantEqual(t, "ids", valuesOf(t, r, "id"), "1 1 1 2 3 4 5 7")
}
