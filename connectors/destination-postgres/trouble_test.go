package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"knelt.dev/connectors/internal/kittest"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/test/pgtest"
)

// The law of the destination: however it ends, by its own death, by that of its
// connection or of the whole server, every state it returned is covered by rows in
// the database, and no row of b is there twice.
func TestKilledAtAnyMomentEveryReturnedStateIsCoveredByRows(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	own := pgtest.Start(t)
	l := lake{t, own.NewDatabase(t)}
	c := catalog(stream("a", `"n":{"type":"integer"}`, appending), stream("b", `"id":{"type":"integer"},"v":{"type":"integer"}`, dedup))
	next, kills := 0, 16
	for kill := range kills {
		p := l.start(c, `"commit_rows":`+strconv.Itoa(1+random.IntN(400)), `"commit_ms":`+strconv.Itoa(1+random.IntN(20)))
		stop := time.Now().Add(time.Duration(random.IntN(400)) * time.Millisecond)
		var feeding sync.WaitGroup
		feeding.Go(func() { // until its pipe breaks
			for n := next; ; n++ {
				lines := record("a", fmt.Sprintf(`{"n":%d,"f%d":1}`, n, n%(20+kill))) + "\n" + record("b", fmt.Sprintf(`{"id":%d,"v":%d}`, n%100, n)) + "\n"
				if n%10 == 9 {
					lines += global(strconv.Itoa(n)) + "\n"
				}
				if _, err := p.Stdin.Write([]byte(lines)); err != nil {
					return
				}
			}
		})
		time.Sleep(time.Until(stop))
		switch kill % 4 {
		case 0:
			p.End(syscall.SIGKILL)
		case 1:
			p.End(syscall.SIGTERM)
		case 2: // its connection, unless it is not there yet
			l.Cut()
			if random.IntN(2) == 0 {
				time.Sleep(20 * time.Millisecond)
			}
			p.End(syscall.SIGKILL)
		case 3:
			own.Kill()
			if code := p.Wait(); code != 1 {
				t.Errorf("exit code %d after the server's death", code)
			}
			kittest.WantFailure(t, p.Result, "transient_error", "")
			own.Restart(t)
			_ = l.Conn().Close(t.Context())
		}
		feeding.Wait()
		returned := p.Result.Of(airbyte.State)
		if len(returned) > 0 {
			last, err := strconv.Atoi(string(returned[len(returned)-1].State.Global.SharedState))
			if err != nil {
				t.Fatal(err)
			}
			next = last + 1
		}
		if l.Query(`SELECT to_regclass('b') IS NULL`) == "t" {
			continue
		}
		if next > 0 {
			l.Want(fmt.Sprintf(`SELECT count(DISTINCT n), max((SELECT coalesce(max(v), -1) FROM b)) >= %d FROM a WHERE n < %d`, next-1, next), fmt.Sprintf("%d,t", next))
		}
		l.Want(`SELECT count(*) > count(DISTINCT id) FROM b`, "f")
		// What both got in one transaction is there in both or in neither.
		l.Want(`SELECT coalesce(max(n), -1) = (SELECT coalesce(max(v), -1) FROM b) OR coalesce(max(n), -1) = 1 + (SELECT coalesce(max(v), -1) FROM b) FROM a`, "t")
	}
	if next == 0 {
		t.Error("no state was returned in any run")
	}
	t.Logf("%d rows in %d runs", next, kills)
}

// Two writers of the same tables at once, both killed again and again and gone on
// with from the last state they returned: no key is there twice, the newest row
// stays, and appended rows are there at least once.
func TestTwoWritersAtOnceKilledLeaveTheNewestRowOfEachKey(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	l := newLake(t)
	config := l.Config(`"commit_rows":100`, `"commit_ms":5`)
	const all = 20_000
	var writers sync.WaitGroup
	var cut atomic.Int64 // kills in the middle: behind a state, before the last
	for w := range 2 {
		random := rand.New(rand.NewPCG(seed, uint64(w)))
		writers.Go(func() {
			next := 0
			for run := 0; next < all; run++ {
				next = writeSome(t, config, w, next, all, run < 8, random)
				if 0 < next && next < all {
					cut.Add(1)
				}
				if run > 30 {
					t.Errorf("writer %d has come to row %d only", w, next)
					return
				}
			}
		})
	}
	writers.Wait()
	t.Logf("%d kills in the middle", cut.Load())
	if cut.Load() == 0 {
		t.Error("no writer was killed in the middle")
	}
	newest := map[int]int{}
	for w := range 2 {
		for n := range all {
			newest[(n*7+w)%500] = max(newest[(n*7+w)%500], n)
		}
	}
	sum := 0
	for _, at := range newest {
		sum += at
	}
	l.Want(`SELECT count(*), count(DISTINCT id), sum(at) FROM a`, fmt.Sprintf("500,500,%d", sum))
	l.Want(`SELECT count(DISTINCT x) FROM b`, fmt.Sprint(2*all))
}

// writeSome runs a writer from a row on and kills it in the middle, or lets it come
// to its end. It returns the row to go on with: behind the last state returned.
func writeSome(t *testing.T, config string, w, next, all int, kill bool, random *rand.Rand) int {
	c := catalog(stream("a", `"id":{"type":"integer"},"at":{"type":"integer"}`, byCursor), stream("b", `"x":{"type":"integer"}`, appending))
	p := program.Begin(t, kittest.Call{Command: "write", Config: config, Catalog: c})
	var feeding sync.WaitGroup
	feeding.Go(func() {
		for n := next; n < all; n++ {
			lines := record("a", fmt.Sprintf(`{"id":%d,"at":%d}`, (n*7+w)%500, n)) + "\n" + record("b", fmt.Sprintf(`{"x":%d}`, 2*n+w)) + "\n"
			if n%50 == 49 {
				lines += global(strconv.Itoa(n)) + "\n"
			}
			if _, err := p.Stdin.Write([]byte(lines)); err != nil {
				return // killed
			}
		}
		_ = p.Stdin.Close()
	})
	if kill {
		time.Sleep(time.Duration(random.IntN(150)) * time.Millisecond)
		p.End(syscall.SIGKILL)
	} else if code := p.Wait(); code != 0 {
		t.Errorf("writer %d: exit code %d: %s", w, code, p.Result.Stdout[max(0, len(p.Result.Stdout)-500):])
	}
	feeding.Wait()
	for _, m := range p.Result.Of(airbyte.State) {
		n, err := strconv.Atoi(string(m.State.Global.SharedState))
		if err != nil {
			t.Error(err)
		}
		next = n + 1
	}
	return next
}

func TestSIGTERMRollsBackWhatIsNotCommitted(t *testing.T) {
	l := newLake(t)
	p := l.start(catalog(stream("a", `"x":{"type":"integer"}`, appending)), `"commit_ms":600000`, `"commit_rows":2`)
	p.Send(record("a", `{"x":1}`), record("a", `{"x":2}`), state("a", "1"), record("a", `{"x":3}`), state("a", "2"), record("a", `{"y":4}`))
	p.WaitForOutput(`"stream_state":1`)
	if code := p.End(syscall.SIGTERM); code != 143 {
		t.Errorf("exit code %d", code)
	}
	wantEqual(t, "states", states(p.Result), "1 2/0")
	l.Want(`SELECT x FROM a ORDER BY x`, "1|2")
}

func TestAStateIsReturnedWhileTheSourceIsSilent(t *testing.T) {
	l := newLake(t)
	p := l.start(catalog(stream("a", `"x":{"type":"integer"}`, appending)), `"commit_ms":10`)
	p.Send(record("a", `{"x":1}`), state("a", "1"))
	p.WaitForOutput(`"stream_state":1`)
	l.Want(`SELECT x FROM a`, "1")
	if err := p.Stdin.Close(); err != nil {
		t.Fatal(err)
	}
	if code := p.Wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestALockIsWaitedForAndThenATransientError(t *testing.T) {
	l := newLake(t)
	c := catalog(stream("a", `"x":{"type":"integer"}`, appending))
	l.write(0, c)
	l.Do(`BEGIN`, `LOCK TABLE a IN SHARE MODE`)
	kittest.WantFailure(t, l.writeWith(1, l.Config(`"lock_timeout_ms":50`), c, record("a", `{"x":1}`), state("a", "1")), "transient_error", "lock_timeout_ms")
	patient := l.start(c)
	patient.Send(record("a", `{"x":1}`), state("a", "1"))
	time.Sleep(50 * time.Millisecond)
	l.Do(`ROLLBACK`)
	patient.WaitForOutput(`"stream_state":1`)
	patient.End(syscall.SIGKILL)
}

func TestATableThatIsDroppedUnderTheWriteEndsItWithNothingFalse(t *testing.T) {
	l := newLake(t)
	p := l.start(catalog(stream("a", `"x":{"type":"integer"}`, appending)), `"commit_ms":1`)
	p.Send(record("a", `{"x":1}`), state("a", "1"))
	p.WaitForOutput(`"stream_state":1`)
	l.Do(`DROP TABLE a`)
	p.Send(record("a", `{"x":2}`), state("a", "2"))
	if code := p.Wait(); code != 1 {
		t.Errorf("exit code %d", code)
	}
	kittest.WantFailure(t, p.Result, "config_error", "does not exist")
	wantEqual(t, "states", states(p.Result), "1 1/0")
}

func TestWhatOthersForbidIsToldWithoutValues(t *testing.T) {
	l := newLake(t, `CREATE TABLE a (x bigint CHECK (x < 10), s varchar(3))`)
	for _, row := range []string{`{"x":4711}`, `{"s":"secret-value"}`} {
		r := l.write(1, catalog(stream("a", `"x":{"type":"integer"},"s":{"type":"string"}`, appending)), record("a", row), state("a", "1"))
		class, text := failure(t, r)
		if class != "system_error" || strings.Contains(text, "4711") || strings.Contains(text, "secret") {
			t.Errorf("%s: %s %s", row, class, text)
		}
		wantEqual(t, "states", states(r), "")
	}
	l.Want(`SELECT count(*) FROM a`, "0")
}

func TestConfigsThatCannotWorkAreAnswersOfACheckAndConfigErrors(t *testing.T) {
	l := newLake(t, `DROP ROLE IF EXISTS weak`, `CREATE ROLE weak LOGIN PASSWORD 'w'`)
	t.Cleanup(func() { l.Do(`DROP ROLE weak`) })
	for what, c := range map[string]struct{ config, class, phrase string }{
		"password":  {`"password":"wrong-secret"`, "config_error", "password authentication failed"},
		"database":  {`"database":"nowhere"`, "config_error", "does not exist"},
		"rights":    {`"username":"weak","password":"w"`, "config_error", "permission denied"},
		"no schema": {`"username":"weak","password":"w","schema":"fresh"`, "config_error", "permission denied"},
		"port":      {`"port":1`, "transient_error", "127.0.0.1:1"},
		"schema":    {`"schema":""`, "config_error", "schema"},
		"rows":      {`"commit_rows":0`, "config_error", "commit_rows"},
		"ms":        {`"commit_ms":0`, "config_error", "commit_ms"},
	} {
		r := l.writeWith(1, l.Config(c.config), catalog(stream("a", "", appending)), record("a", `{}`), state("a", "1"))
		if class, text := failure(t, r); class != c.class || !strings.Contains(text, c.phrase) {
			t.Errorf("%s: %s %s", what, class, text)
		}
		status, message := program.Check(t, l.Config(c.config))
		if status != airbyte.CheckFailed || !strings.Contains(message, c.phrase) || strings.Contains(message, "wrong-secret") {
			t.Errorf("check, %s: %s %s", what, status, message)
		}
	}
}

func TestCheckLeavesNothingBehind(t *testing.T) {
	l := newLake(t)
	for _, config := range []string{`"schema":"public"`, `"schema":"fresh"`} {
		if status, message := program.Check(t, l.Config(config)); status != airbyte.CheckSucceeded {
			t.Errorf("%s %s", status, message)
		}
	}
	l.Want(`SELECT count(*), (SELECT count(*) FROM pg_namespace WHERE nspname = 'fresh') FROM pg_class WHERE relname LIKE '\_airbyte%'`, "0,0")
}

func TestADatabaseOfAnotherEncodingIsRefused(t *testing.T) {
	l := newLake(t, `CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`)
	t.Cleanup(func() { l.Do(`DROP DATABASE latin`) })
	if status, message := program.Check(t, l.Config(`"database":"latin"`)); status != airbyte.CheckFailed || !strings.Contains(message, "UTF8") {
		t.Errorf("%s %s", status, message)
	}
}
