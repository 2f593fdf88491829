package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"knelt.dev/pkg/airbyte"
)

// The law of the destination: whenever it is killed, every state it returned is
// covered by rows in the file.
func TestKilledAtAnyMomentEveryReturnedStateIsCoveredByRows(t *testing.T) {
	l := newLake(t)
	random := rand.New(rand.NewPCG(1, 2))
	c := catalog(stream("a", `"n":{"type":"integer"}`, appending), stream("b", `"id":{"type":"integer"}`, dedup))
	next, kills := 0, 12
	for kill := range kills {
		p := l.start(c, `"commit_rows":`+strconv.Itoa(1+random.IntN(400)), `"commit_ms":`+strconv.Itoa(1+random.IntN(20)))
		stop := time.Now().Add(time.Duration(random.IntN(250)) * time.Millisecond)
		go func() { // until its pipe breaks
			for n := next; ; n++ {
				lines := record("a", fmt.Sprintf(`{"n":%d,"f%d":1}`, n, n%(50+kill))) + "\n" + record("b", fmt.Sprintf(`{"id":%d,"v":%d}`, n%100, n)) + "\n"
				if n%10 == 9 {
					lines += global(strconv.Itoa(n)) + "\n"
				}
				if _, err := p.Stdin.Write([]byte(lines)); err != nil {
					return
				}
			}
		}()
		time.Sleep(time.Until(stop))
		p.End(signals[kill%2])
		returned := p.Result.Of(airbyte.State)
		if len(returned) > 0 {
			last, err := strconv.Atoi(string(returned[len(returned)-1].State.Global.SharedState))
			if err != nil {
				t.Fatal(err)
			}
			next = last + 1
		}
		if exists := l.query(`SELECT count(*) FROM sqlite_schema WHERE name = 'b'`); exists == "0" {
			continue
		}
		l.want(`PRAGMA integrity_check`, "'ok'")
		if next > 0 {
			l.want(fmt.Sprintf(`SELECT count(DISTINCT n), max((SELECT coalesce(max(v), -1) FROM b)) >= %d FROM a WHERE n < %d`, next-1, next), fmt.Sprintf("%d,1", next))
			l.want(`SELECT count(*) > count(DISTINCT id) FROM b`, "0")
		}
	}
	if next == 0 {
		t.Error("no state was returned in any run")
	}
	t.Logf("%d rows in %d runs", next, kills)
}

func TestSIGTERMRollsBackWhatIsNotCommitted(t *testing.T) {
	l := newLake(t)
	p := l.start(catalog(stream("a", "", appending)), `"commit_ms":600000`, `"commit_rows":2`)
	p.Send(record("a", `{"x":1}`), record("a", `{"x":2}`), state("a", "1"), record("a", `{"x":3}`), state("a", "2"), record("a", `{"y":4}`))
	p.WaitForOutput(`"stream_state":1`)
	if code := p.End(syscall.SIGTERM); code != 143 {
		t.Errorf("exit code %d", code)
	}
	wantEqual(t, "states", states(p.Result), "1 2/0")
	l.want(`SELECT x FROM a`, "1|2")
}

func TestAStateIsReturnedWhileTheSourceIsSilent(t *testing.T) {
	l := newLake(t)
	p := l.start(catalog(stream("a", "", appending)), `"commit_ms":10`)
	p.Send(record("a", `{"x":1}`), state("a", "1"))
	p.WaitForOutput(`"stream_state":1`)
	l.want(`SELECT x FROM a`, "1")
	if err := p.Stdin.Close(); err != nil {
		t.Fatal(err)
	}
	if code := p.Wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestALockedFileIsWaitedForAndThenATransientError(t *testing.T) {
	l := newLake(t)
	c := catalog(stream("a", "", appending))
	l.write(0, c)
	other := l.open()
	if _, err := other.Exec(`BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	l.wantFailure(l.writeWith(1, l.config(`"lock_timeout_ms":50`), c), "transient_error", "another program")
	patient := l.start(c)
	patient.Send(record("a", `{"x":1}`), state("a", "1"))
	time.Sleep(50 * time.Millisecond)
	if _, err := other.Exec(`ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	patient.WaitForOutput(`"stream_state":1`)
	patient.End(syscall.SIGKILL)
}

func TestALockInTheMiddleEndsTheWriteWithNothingFalse(t *testing.T) {
	l := newLake(t)
	p := l.start(catalog(stream("a", "", appending)), `"lock_timeout_ms":50`, `"commit_ms":10`)
	p.Send(state("a", "1"))
	p.WaitForOutput(`"stream_state":1`)
	other := l.open()
	if _, err := other.Exec(`BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	p.Send(record("a", `{"x":1}`), state("a", "2"))
	if code := p.Wait(); code != 1 {
		t.Errorf("exit code %d", code)
	}
	l.wantFailure(p.Result, "transient_error", "another program")
	wantEqual(t, "states", states(p.Result), "1 0/0")
}

func TestPathsThatCannotBeWrittenAreConfigErrors(t *testing.T) {
	dir := t.TempDir()
	noDatabase := filepath.Join(dir, "text")
	if err := os.WriteFile(noDatabase, bytes.Repeat([]byte("no database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"", dir, noDatabase, fifo, filepath.Join(dir, "missing", "lake.db"), readOnly(t)} {
		l := &lake{t: t, path: path}
		class, _ := failure(t, l.write(1, catalog(stream("a", "", appending)), record("a", `{}`), state("a", "1")))
		wantEqual(t, path, class, "config_error")
		if status, message := l.check(); status != airbyte.CheckFailed || message == "" {
			t.Errorf("check of %q: %s %q", path, status, message)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// readOnly makes a file that no SQLite of today writes to, whoever runs it: its
// header asks for a newer one (the file format, 1.3.3).
func readOnly(t *testing.T) string {
	t.Helper()
	l := newLake(t)
	l.do(`CREATE TABLE a (x)`)
	raw, err := os.ReadFile(l.path)
	if err != nil {
		t.Fatal(err)
	}
	raw[18] = 3
	if binary.BigEndian.Uint16(raw[16:]) != 4096 || os.WriteFile(l.path, raw, 0o600) != nil {
		t.Fatal("the file is not as expected")
	}
	return l.path
}

func (l *lake) check(config ...string) (status, message string) {
	l.t.Helper()
	return program.Check(l.t, l.config(config...))
}

func TestCheckLeavesNothingBehind(t *testing.T) {
	l := newLake(t)
	if status, message := l.check(); status != airbyte.CheckSucceeded {
		t.Errorf("%s %s", status, message)
	}
	if left, err := os.ReadDir(filepath.Dir(l.path)); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	l.do(`CREATE TABLE "_airbyte_checked" (x)`)
	before, err := os.ReadFile(l.path)
	if err != nil {
		t.Fatal(err)
	}
	if status, message := l.check(); status != airbyte.CheckSucceeded {
		t.Errorf("%s %s", status, message)
	}
	after, err := os.ReadFile(l.path)
	if left, errDir := os.ReadDir(filepath.Dir(l.path)); err != nil || errDir != nil || len(left) != 1 || !bytes.Equal(before, after) {
		t.Errorf("the file or its folder changed: %v", left)
	}
	other := l.open()
	if _, err := other.Exec(`BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	if status, message := l.check(`"lock_timeout_ms":20`); status != airbyte.CheckFailed || !strings.Contains(message, "another program") {
		t.Errorf("%s %s", status, message)
	}
}

func TestConfigsAreChecked(t *testing.T) {
	l := newLake(t)
	for _, wrong := range []string{`"commit_rows":0`, `"commit_ms":0`, `"lock_timeout_ms":-1`, `"commit_rows":"x"`} {
		if status, message := l.check(wrong); status != airbyte.CheckFailed || message == "" {
			t.Errorf("%s: %s %s", wrong, status, message)
		}
	}
}
