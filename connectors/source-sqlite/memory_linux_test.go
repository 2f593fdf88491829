package main

import (
	"io"
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
		if used := kittest.Peak(t, cmd.Process.Pid); used > 50_000 {
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
