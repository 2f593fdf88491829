package synclog

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func TestAStalledDiskHoldsNobodyUp(t *testing.T) {
	dir := logDir(t)
	release := make(chan struct{})
	l, err := open(dir, Options{FlushEvery: time.Millisecond, QueueBytes: 64 << 10},
		func(f *os.File, b []byte) (int, error) { <-release; return f.Write(b) })
	if err != nil {
		t.Fatal(err)
	}
	const lines = 20_000
	for i := range lines {
		l.Write(Entry{Origin: Destination, Message: fmt.Sprintf("line %d", i)})
	}
	dropped := l.Dropped()
	close(release)
	closed(t, l)
	if dropped == 0 || dropped >= lines {
		t.Fatalf("%d of %d lines dropped", dropped, lines)
	}
	index, err := ReadIndex(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := index.Lines(Destination, Info); got+dropped != lines || index.Dropped() != dropped {
		t.Fatalf("%d lines kept, %d said to be dropped; dropped were %d of %d", got, index.Dropped(), dropped, lines)
	}
}

func TestAKilledWriterLosesOnlyWhatWasNotFlushed(t *testing.T) {
	dir := logDir(t)
	cmd := child(t, "forever", dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	flushed := waitForLines(t, dir, 2000)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the writer ended by itself")
	}
	got := all(t, dir, Query{Follow: true}) // ends: the writer is dead
	if len(got) < flushed {
		t.Fatalf("%d lines after the kill, %d before", len(got), flushed)
	}
	for i, e := range got {
		if !strings.HasPrefix(e.Message, fmt.Sprintf("line %d x", i)) {
			t.Fatalf("line %d is %.20q", i, e.Message)
		}
	}
	index, err := ReadIndex(dir)
	if err != nil {
		t.Fatal(err)
	}
	if n := index.Lines(Source, Info); n != int64(len(got)) {
		t.Fatalf("the rebuilt index counts %d lines, %d are there", n, len(got))
	}
	l := opened(t, dir, Options{})
	l.Write(Entry{Message: "after"})
	closed(t, l)
	if last := all(t, dir, Query{Tail: 1}); len(last) != 1 || last[0].Message != "after" {
		t.Fatalf("last line: %v", last)
	}
}

// TestAReadEndsThoughItsWriterIsFaster: each line that is read is followed by a file
// full of others.
func TestAReadEndsThoughItsWriterIsFaster(t *testing.T) {
	const lines = 20
	dir := logDir(t)
	for range lines {
		l := opened(t, dir, Options{FileBytes: 1})
		l.Write(Entry{Message: "old"})
		closed(t, l)
	}
	n := 0
	for _, err := range Read(t.Context(), dir, Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n > 3*lines {
			t.Fatal("it goes on for as long as there is something new")
		}
		later := opened(t, dir, Options{FileBytes: 1})
		later.Write(Entry{Message: "new"})
		later.Write(Entry{Message: "new"})
		closed(t, later)
	}
	if n < lines {
		t.Errorf("%d lines of %d", n, lines)
	}
}

func waitForLines(t *testing.T, dir string, want int) int {
	t.Helper()
	for {
		if _, err := os.Stat(dir); err == nil {
			if n := len(all(t, dir, Query{})); n >= want {
				return n
			}
		}
		select {
		case <-t.Context().Done():
			t.Fatal("the writer wrote too little")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestADamagedIndexOrHalfALineIsNoHarm(t *testing.T) {
	dir := logDir(t)
	l := opened(t, dir, Options{})
	l.Write(Entry{Origin: Source, Level: Error, Message: "whole"})
	closed(t, l)
	f, err := os.OpenFile(filepath.Join(dir, fileName(1)), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("not json\n{\"time\":\"20"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for _, index := range []string{"", "{", `{"files":[{"name":"0001.jsonl","bytes":1,"lines":77}]}`} {
		if err := os.WriteFile(filepath.Join(dir, indexName), []byte(index), 0o600); err != nil {
			t.Fatal(err)
		}
		x, err := ReadIndex(dir)
		if err != nil || len(x.Files) != 1 || x.Files[0].Lines != 1 || x.Lines(Source, Error) != 1 {
			t.Errorf("index %q: %+v, %v", index, x, err)
		}
	}
	if got := all(t, dir, Query{Follow: true}); len(got) != 1 || got[0].Message != "whole" {
		t.Fatalf("entries: %v", got)
	}
}

func TestAFullDiskIsSurvivedAndTold(t *testing.T) {
	dir := logDir(t)
	out, err := child(t, "limited", dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(out, []byte("lines could not be written")) || !bytes.Contains(out, []byte(syscall.EFBIG.Error())) {
		t.Fatalf("Close said: %s", out)
	}
	got := all(t, dir, Query{})
	if last := got[len(got)-1]; last.Message != "room again" {
		t.Fatalf("last line: %+v", last)
	}
	index, err := ReadIndex(dir)
	if err != nil {
		t.Fatal(err)
	}
	kept := index.Lines(Source, Info) - 1
	if kept == 0 || index.Dropped() == 0 || kept+index.Dropped() != 3000 {
		t.Fatalf("%d lines kept and %d said to be missing, of 3000", kept, index.Dropped())
	}
}

func TestHalfAWriteIsTakenBack(t *testing.T) {
	dir := logDir(t)
	var writes atomic.Int64
	broken := errors.New("no space left on device")
	l, err := open(dir, Options{FlushEvery: time.Millisecond}, func(f *os.File, b []byte) (int, error) {
		if writes.Add(1) == 2 {
			n, _ := f.Write(b[:len(b)/2])
			return n, broken
		}
		return f.Write(b)
	})
	if err != nil {
		t.Fatal(err)
	}
	for n := range int64(3) {
		l.Write(Entry{Message: fmt.Sprint(n)})
		for end := time.Now().Add(10 * time.Second); writes.Load() <= n && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
	}
	if err := l.Close(); !errors.Is(err, broken) || !strings.Contains(err.Error(), "1 lines") {
		t.Fatalf("Close said: %v", err)
	}
	got := messages(all(t, dir, Query{}))
	want := []string{"0", "1 lines dropped: writing them failed", "2"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Fatalf("lines: %q", got)
	}
	raw, err := os.ReadFile(filepath.Join(dir, fileName(1)))
	if err != nil || bytes.Count(raw, []byte("\n")) != 3 || !bytes.HasSuffix(raw, []byte("\n")) {
		t.Fatalf("file: %s, %v", raw, err)
	}
}
