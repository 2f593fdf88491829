package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"knelt.dev/connectors/internal/kittest"
	"knelt.dev/pkg/airbyte"
)

func TestATableThatIsGoneFailsItsStreamOnly(t *testing.T) {
	f := newFile(t, `CREATE TABLE a (x)`, `CREATE TABLE b (x)`, `INSERT INTO b VALUES (1)`, `CREATE VIEW v AS SELECT x FROM a`, `DROP TABLE a`)
	r := f.read(1, catalogOf("a", "v", "b"), "")
	wantEqual(t, "messages", words(r),
		"a:STARTED a:INCOMPLETE config_error v:STARTED v:INCOMPLETE system_error b:STARTED 1/1 b:COMPLETE")
	for i, name := range []string{"a", "v"} {
		var of []string
		for _, m := range r.Of(airbyte.Trace) {
			if m.Trace.Error != nil {
				of = append(of, m.Trace.Error.StreamDescriptor.Name)
			}
		}
		wantEqual(t, "stream of the error", of[i], name)
	}
}

func TestARowThatCannotBeReadLeavesTheCountsOfStatesExact(t *testing.T) {
	f := newFile(t, `CREATE TABLE a (x)`, `INSERT INTO a VALUES (1), (2), (3), (-9223372036854775808)`,
		`ALTER TABLE a ADD COLUMN y AS (abs(x))`, `CREATE TABLE b (x)`)
	wantEqual(t, "messages", words(f.read(1, catalogOf("a", "b"), "", `"records_per_state":2`)),
		"a:STARTED 2/2 a:INCOMPLETE system_error b:STARTED 0/0 b:COMPLETE")
}

func TestFilesThatAreNoDatabasesAreConfigErrors(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, bytes.Repeat([]byte("no database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{text, dir, fifo, filepath.Join(dir, "missing"), filepath.Join(dir, "no", "folder"), ""} {
		config := `{"path":` + quoted(path) + `}`
		r := program.Run(t, kittest.Call{Command: "read", Config: config, Catalog: catalogOf("a")})
		if r.Code != 1 || words(r) != "config_error" {
			t.Errorf("read of %q: exit code %d, %s", path, r.Code, r.Stdout)
		}
		check := program.Run(t, kittest.Call{Command: "check", Config: config})
		answer := check.Of(airbyte.ConnectionStatus)
		if check.Code != 0 || len(answer) != 1 || answer[0].ConnectionStatus.Status != airbyte.CheckFailed || answer[0].ConnectionStatus.Message == "" {
			t.Errorf("check of %q: exit code %d, %s", path, check.Code, check.Stdout)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("files were made: %v %v", entries, err)
	}
}

func TestADamagedTableFailsItsStreamOnly(t *testing.T) {
	f := newFile(t, `CREATE TABLE a (x)`, `CREATE TABLE b (x)`, `INSERT INTO b VALUES (1)`,
		`INSERT INTO a WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 2000) SELECT randomblob(50) FROM n`)
	if err := f.db.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(f.path)
	if err != nil {
		t.Fatal(err)
	}
	copy(raw[4096*10:4096*12], bytes.Repeat([]byte{0xff}, 4096*2))
	if err := os.WriteFile(f.path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	r := f.read(1, catalogOf("a", "b"), "")
	if got := words(r); !strings.HasSuffix(got, "a:INCOMPLETE system_error b:STARTED 1/1 b:COMPLETE") {
		t.Errorf("it said %s", got)
	}
}

func TestALockedFileIsWaitedForAndThenATransientError(t *testing.T) {
	f := newFile(t, `CREATE TABLE a (x)`, `BEGIN EXCLUSIVE`)
	wantEqual(t, "messages", words(f.read(1, catalogOf("a"), "", `"lock_timeout_ms":50`)), "transient_error")
	f.do(`COMMIT`)
	f.read(0, catalogOf("a"), "", `"lock_timeout_ms":50`)
}

// Streams of one read fit together whatever is written meanwhile.
func TestAReadSeesOneMomentOfADatabaseThatIsWritten(t *testing.T) {
	f := newFile(t, `PRAGMA journal_mode = wal`, `CREATE TABLE a (x)`, `CREATE TABLE b (x)`,
		`INSERT INTO a WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 20000) SELECT i FROM n`,
		`INSERT INTO b SELECT x FROM a`)
	cmd := program.Start(t, kittest.Call{Command: "read", Config: f.config(), Catalog: catalogOf("a", "b")})
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 1)
	if _, err := io.ReadFull(pipe, first); err != nil { // it reads, and its pipe is full
		t.Fatal(err)
	}
	f.do(`INSERT INTO a VALUES (-1)`, `DELETE FROM b`, `ALTER TABLE b RENAME TO c`)
	rest, err := io.ReadAll(pipe)
	if err != nil {
		t.Fatal(err)
	}
	r := kittest.Result{Stdout: slices.Concat(first, rest), Code: kittest.ExitCode(t, cmd.Wait())}
	if n := len(rows(r)); n != 40000 || r.Code != 0 {
		t.Errorf("%d rows, exit code %d", n, r.Code)
	}
}

func TestSIGTERMEndsAReadWithoutErrors(t *testing.T) {
	f := newFile(t, `CREATE TABLE a (x)`, `CREATE VIEW v AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT i FROM n`,
		`CREATE VIEW silent AS SELECT i FROM v WHERE i < 0`)
	for _, name := range []string{"v", "silent"} {
		cmd := program.Start(t, kittest.Call{Command: "read", Config: f.config(), Catalog: catalogOf(name)})
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		line := make([]byte, 100)
		if _, err := io.ReadFull(pipe, line); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		rest, err := io.ReadAll(pipe)
		if err != nil {
			t.Fatal(err)
		}
		if code := kittest.ExitCode(t, cmd.Wait()); code != 143 {
			t.Errorf("%s: exit code %d", name, code)
		}
		if bytes.Contains(rest, []byte("ERROR")) || bytes.Contains(rest, []byte("INCOMPLETE")) {
			t.Errorf("%s: it said %s", name, rest[max(0, len(rest)-300):])
		}
	}
}
