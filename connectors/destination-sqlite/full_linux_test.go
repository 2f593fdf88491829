package main

import (
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"knelt.dev/connectors/internal/kittest"
	"knelt.dev/pkg/airbyte"
)

// startLimited starts a write whose files cannot grow beyond a size.
func (l *lake) startLimited(catalog string, bytes uint64, config ...string) *kittest.Process {
	l.t.Helper()
	p := l.start(catalog, config...)
	if err := unix.Prlimit(p.PID(), unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: bytes, Max: bytes}, nil); err != nil {
		l.t.Fatal(err)
	}
	return p
}

func TestADiskThatIsFullEndsTheWriteWithNothingFalse(t *testing.T) {
	l := newLake(t)
	c := catalog(stream("a", `"x":{"type":"string"}`, appending))
	p := l.startLimited(c, 3<<20, `"commit_rows":1`)
	for n := range 100 {
		line := record("a", `{"x":"`+strings.Repeat("x", 100_000)+`"}`) + "\n" + state("a", strconv.Itoa(n)) + "\n"
		if _, err := p.Stdin.Write([]byte(line)); err != nil {
			break
		}
	}
	if code := p.Wait(); code != 1 {
		t.Errorf("exit code %d: %s", code, p.Result.Stdout)
	}
	l.wantFailure(p.Result, "system_error", "full")
	l.want(`PRAGMA integrity_check`, "'ok'")
	returned := len(p.Result.Of(airbyte.State))
	if rows, err := strconv.Atoi(l.query(`SELECT count(*) FROM a`)); err != nil || rows < returned || returned == 0 {
		t.Errorf("%d states were returned, %d rows are there", returned, rows)
	}
}

func TestACommitThatFailsEndsTheWriteWhileTheSourceIsSilent(t *testing.T) {
	l := newLake(t)
	p := l.startLimited(catalog(stream("a", "", appending)), 200<<10, `"commit_ms":100`)
	p.Send(record("a", `{"x":"`+strings.Repeat("x", 500_000)+`"}`), state("a", "1"))
	if code := p.Wait(); code != 1 {
		t.Errorf("exit code %d", code)
	}
	l.wantFailure(p.Result, "system_error", "full")
	wantEqual(t, "states", states(p.Result), "")
}
