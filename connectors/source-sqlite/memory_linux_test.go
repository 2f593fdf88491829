package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"knelt.dev/connectors/internal/kittest"
)

func TestBigTablesAreNotHeldInMemory(t *testing.T) {
	f := newFile(t, `CREATE TABLE a (at, x)`)
	f.do(`INSERT INTO a WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 700) SELECT i % 7, hex(zeroblob(50000)) FROM n`)
	for _, stream := range []string{"a", "a:at"} { // no index: SQLite has to sort 70 MB
		cmd := program.Start(t, kittest.Call{Command: "read", Config: f.config(), Catalog: catalogOf(stream)})
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, pipe, 65e6); err != nil {
			t.Fatal(err)
		}
		if used := peak(t, cmd.Process.Pid); used > 50_000 {
			t.Errorf("%s: %d KB of memory", stream, used)
		}
		if rest, err := io.Copy(io.Discard, pipe); err != nil || rest < 5e6 {
			t.Errorf("%d bytes more: %v", rest, err)
		}
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
}

// peak is the most memory a process has had, in KB. What the system tells of a
// process that has ended would count the test's own.
func peak(t *testing.T, pid int) (kb int) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	if _, err := fmt.Sscan(after, &kb); err != nil {
		t.Fatal(err)
	}
	return kb
}
