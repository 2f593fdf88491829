package synclog

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func opened(t *testing.T, dir string, opts Options) *Log {
	t.Helper()
	l, err := Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func closed(t *testing.T, l *Log) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

func all(t *testing.T, dir string, q Query) []Entry {
	t.Helper()
	var out []Entry
	for e, err := range Read(t.Context(), dir, q) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

func messages(entries []Entry) []string {
	var out []string
	for _, e := range entries {
		out = append(out, e.Message)
	}
	return out
}

func logDir(t *testing.T) string { return Dir(t.TempDir(), "shop-to-lake", 12, 1) }

func TestAnEntryComesBackAsItWasLogged(t *testing.T) {
	dir := logDir(t)
	l := opened(t, dir, Options{})
	want := Entry{
		Time: time.Date(2026, 3, 4, 5, 6, 7, 891e6, time.UTC), Level: Warn, Origin: Destination, Output: Stderr,
		Message: "a \"quoted\"\\ <b>&\ttab\nline\x00\x1f end \u2028 é 漢 🜚",
		Fields:  map[string]any{"n": 1.5, "ok": true, "text": "a<b"},
	}
	l.Write(want)
	closed(t, l)
	if diff := cmp.Diff([]Entry{want}, all(t, dir, Query{})); diff != "" {
		t.Fatal(diff)
	}
}

func TestFilesArePrivate(t *testing.T) {
	dir := logDir(t)
	l := opened(t, dir, Options{})
	l.Write(Entry{Message: "config: ..."})
	closed(t, l)
	modes := map[string]fs.FileMode{
		dir: 0o700, filepath.Dir(dir): 0o700,
		filepath.Join(dir, fileName(1)): 0o600, filepath.Join(dir, indexName): 0o600,
	}
	for path, want := range modes {
		stat, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := stat.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
	}
}

func TestWhatAConnectorSaysOfItselfIsMadeFit(t *testing.T) {
	dir := logDir(t)
	l := opened(t, dir, Options{LineBytes: 100})
	l.Write(Entry{Level: `x","message":"forged`, Origin: "nobody", Output: "fd9", Message: "bad utf \xff\xfe."})
	l.Write(Entry{Level: "warning", Origin: Source, Message: strings.Repeat("é", 300)})
	closed(t, l)
	got := all(t, dir, Query{})
	if len(got) != 2 {
		t.Fatalf("%d entries, want 2: %v", len(got), got)
	}
	if e := got[0]; e.Level != Info || e.Origin != Engine || e.Output != "" || e.Message != "bad utf \uFFFD." {
		t.Errorf("first entry: %+v", e)
	}
	want := strings.Repeat("é", 50) + "... [cut: the line had 600 bytes]"
	if e := got[1]; e.Level != Warn || e.Message != want {
		t.Errorf("second entry: %+v", e)
	}
}

func TestNoPartOfASecretPassesTheCut(t *testing.T) {
	secret := []byte("s3cr3t-of-some-length")
	redact := func(b []byte) []byte { return bytes.ReplaceAll(b, secret, []byte("*")) }
	const limit = 200
	for pad := range 500 {
		line := strings.Repeat("a", pad) + strings.Repeat(string(secret), 30)
		if got := text(line, limit, redact); strings.Contains(got, "s3") {
			t.Fatalf("secret at byte %d: %s", pad, got)
		}
	}
}

func TestFieldsAreRedactedToo(t *testing.T) {
	dir := logDir(t)
	l := opened(t, dir, Options{Redact: func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("hunter2"), []byte("***")) }})
	slog.New(l.Handler(slog.LevelInfo)).Error("token hunter2", "err", errors.New("bad hunter2"), "raw", []byte("hunter2"),
		"list", []string{"hunter2"}, slog.Group("hunter2", "x", "hunter2"))
	closed(t, l)
	raw, err := os.ReadFile(filepath.Join(dir, fileName(1)))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(raw, []byte("hunter2")) || bytes.Count(raw, []byte("***")) != 6 {
		t.Fatalf("not all redacted: %s", raw)
	}
}

func TestSlogLinesAreTheEngines(t *testing.T) {
	dir := logDir(t)
	l := opened(t, dir, Options{})
	log := slog.New(l.Handler(slog.LevelInfo))
	log.Debug("not wanted")
	var none *fs.PathError
	log.With("a", 1).WithGroup("g").With("b", 2).Warn("said", "c", time.Second, slog.Group("", "d", 4), "nil", none)
	closed(t, l)
	got := all(t, dir, Query{})
	if len(got) != 1 || got[0].Level != Warn || got[0].Origin != Engine || got[0].Message != "said" {
		t.Fatalf("entries: %+v", got)
	}
	delete(got[0].Fields, "g.nil") // its text is fmt's business
	want := map[string]any{"a": 1.0, "g.b": 2.0, "g.c": "1s", "g.d": 4.0}
	if diff := cmp.Diff(want, got[0].Fields); diff != "" {
		t.Fatal(diff)
	}
}

func TestLinesOfAnOutputBecomeEntries(t *testing.T) {
	dir := logDir(t)
	l := opened(t, dir, Options{LineBytes: 10})
	w := l.Lines(Destination, Stderr)
	for _, part := range []string{"on", "e\ntwo\r\n", "\n", strings.Repeat("z", 1000), strings.Repeat("z", 1000), "\nhalf"} {
		if n, err := w.Write([]byte(part)); n != len(part) || err != nil {
			t.Fatal(n, err)
		}
		if cap(w.line) > 64 {
			t.Fatalf("%d bytes kept of a line that is cut at 10", cap(w.line))
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	closed(t, l)
	got := all(t, dir, Query{})
	if len(got) != 4 || got[0].Message != "one" || got[1].Message != "two" || got[3].Message != "half" {
		t.Fatalf("entries: %+v", got)
	}
	if !strings.HasPrefix(got[2].Message, "zzzzzzzzzz...") || got[2].Fields["lineBytes"] != 2000.0 {
		t.Fatalf("long line: %+v", got[2])
	}
}

func TestASecondWriterIsRefused(t *testing.T) {
	dir := logDir(t)
	opened(t, dir, Options{})
	if l, err := Open(dir, Options{}); err == nil {
		_ = l.Close()
		t.Fatal("two writers of one log")
	}
}

func TestAnAttemptIsGoneOnWithInANewFile(t *testing.T) {
	dir := logDir(t)
	for _, m := range []string{"first", "second"} {
		l := opened(t, dir, Options{})
		l.Write(Entry{Message: m})
		closed(t, l)
	}
	if diff := cmp.Diff([]string{"first", "second"}, messages(all(t, dir, Query{}))); diff != "" {
		t.Fatal(diff)
	}
}

func TestManyWritersLoseNothingThatFits(t *testing.T) {
	dir := logDir(t)
	l := opened(t, dir, Options{QueueBytes: 64 << 20})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 500 {
				l.Write(Entry{Origin: Source, Message: fmt.Sprintf("%d/%d", g, i)})
			}
		})
	}
	wg.Wait()
	closed(t, l)
	next := map[string]int{}
	for _, m := range messages(all(t, dir, Query{})) {
		writer, number, _ := strings.Cut(m, "/")
		if number != fmt.Sprint(next[writer]) {
			t.Fatalf("writer %s: got line %s, want %d", writer, number, next[writer])
		}
		next[writer]++
	}
	for g := range 8 {
		if n := next[fmt.Sprint(g)]; n != 500 {
			t.Errorf("writer %d: %d lines", g, n)
		}
	}
}

func TestWritingAfterCloseIsCountedNotFatal(t *testing.T) {
	l := opened(t, logDir(t), Options{})
	closed(t, l)
	l.Write(Entry{Message: "late"})
	if l.Dropped() != 1 {
		t.Fatalf("dropped %d, want 1", l.Dropped())
	}
	closed(t, l)
}
