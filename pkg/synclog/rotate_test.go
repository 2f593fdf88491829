package synclog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// numbered logs n numbered lines slowly enough that none is dropped.
func numbered(l *Log, n int) {
	for i := range n {
		l.Write(Entry{Origin: Source, Message: fmt.Sprintf("line %06d", i)})
		if i%1000 == 999 {
			time.Sleep(time.Millisecond)
		}
	}
}

func TestTheMiddleGoesWhenTheTotalIsReached(t *testing.T) {
	dir := logDir(t)
	const total, file = 256 << 10, 8 << 10
	l := opened(t, dir, Options{TotalBytes: total, FileBytes: file, QueueBytes: 1 << 30, FlushEvery: time.Millisecond})
	const lines = 20_000
	numbered(l, lines)
	closed(t, l)
	index, err := ReadIndex(dir)
	if err != nil {
		t.Fatal(err)
	}
	var size int64
	for _, f := range index.Files {
		size += f.Bytes
		if f.Bytes > file {
			t.Errorf("%s has %d bytes", f.Name, f.Bytes)
		}
	}
	if size > total || size < total/2 {
		t.Errorf("%d bytes in all, the limit is %d", size, total)
	}
	got := all(t, dir, Query{})
	checkGap(t, got, lines)
	if kept := int64(len(got) - 1); kept+index.Dropped() != lines {
		t.Errorf("%d kept + %d dropped, want %d", kept, index.Dropped(), lines)
	}
	kept, err := os.ReadFile(filepath.Join(dir, indexName))
	if err != nil || os.Remove(filepath.Join(dir, indexName)) != nil {
		t.Fatal(err)
	}
	if rebuilt, err := ReadIndex(dir); err != nil || !cmp.Equal(rebuilt, index) {
		t.Errorf("the rebuilt index differs: %v, %s", err, kept)
	}
}

// checkGap wants the first lines, one line about the missing, and the last ones.
func checkGap(t *testing.T, got []Entry, lines int64) {
	t.Helper()
	next, gaps := int64(0), 0
	for _, e := range got {
		if n := e.dropped(); n > 0 {
			gaps++
			next += n
			continue
		}
		if want := fmt.Sprintf("line %06d", next); e.Message != want {
			t.Fatalf("got %q, want %q", e.Message, want)
		}
		next++
	}
	if gaps != 1 || next != lines {
		t.Fatalf("%d gaps, lines up to %d; want 1 gap and %d lines", gaps, next, lines)
	}
}

func TestAMillionLinesAreKeptAndCounted(t *testing.T) {
	dir := logDir(t)
	l := opened(t, dir, Options{QueueBytes: 1 << 30})
	start := time.Now()
	const lines = 1_000_000
	for range lines {
		l.Write(Entry{Origin: Destination, Output: Stdout, Message: "flushed a batch of 1000 rows into table users"})
	}
	took := time.Since(start)
	closed(t, l)
	index, err := ReadIndex(dir)
	if err != nil {
		t.Fatal(err)
	}
	if n := index.Lines(Destination, Info); n != lines || len(index.Files) < 2 {
		t.Fatalf("%d lines in %d files", n, len(index.Files))
	}
	t.Logf("%.0f lines a second", lines/took.Seconds())
	if last := all(t, dir, Query{Tail: 3}); len(last) != 3 {
		t.Fatalf("tail: %v", last)
	}
}

func TestAFollowerSeesEveryLineAcrossFilesAndTheEnd(t *testing.T) {
	for _, tail := range []int{0, 2} {
		dir := logDir(t)
		l := opened(t, dir, Options{FileBytes: 4 << 10, QueueBytes: 1 << 30, FlushEvery: time.Millisecond})
		done := make(chan []Entry)
		go func() {
			var got []Entry
			for e, err := range Read(t.Context(), dir, Query{Follow: true, Tail: tail}) {
				if err != nil {
					t.Error(err)
				}
				got = append(got, e)
			}
			done <- got
		}()
		numbered(l, 5000)
		time.Sleep(2 * pollEvery)
		l.Write(Entry{Message: "the end"})
		closed(t, l)
		got := <-done
		if last := got[len(got)-1].Message; last != "the end" {
			t.Fatalf("last line: %q", last)
		}
		first := 5001 - len(got)
		if tail == 0 && first != 0 {
			t.Fatalf("%d lines, want 5001", len(got))
		}
		for i, e := range got[:len(got)-1] {
			if want := fmt.Sprintf("line %06d", first+i); e.Message != want {
				t.Fatalf("tail %d: got %q, want %q", tail, e.Message, want)
			}
		}
	}
}

func TestAFollowerEndsWithItsContext(t *testing.T) {
	dir := logDir(t)
	opened(t, dir, Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	for _, err := range Read(ctx, dir, Query{Follow: true}) {
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("unexpected: %v", err)
		}
		return
	}
	t.Fatal("the follower ended although the log is open")
}

func TestAQueryChoosesLines(t *testing.T) {
	dir := logDir(t)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	l := opened(t, dir, Options{FileBytes: 150}) // about a line a file
	for i, e := range []Entry{
		{Level: Info, Origin: Engine, Message: "started"},
		{Level: Error, Origin: Source, Message: "no route to host"},
		{Level: Info, Origin: Source, Message: "retrying"},
		{Level: Error, Origin: Destination, Message: "table users is locked"},
		{Level: Info, Origin: Engine, Message: "ended"},
	} {
		e.Time = at.Add(time.Duration(i) * time.Second)
		l.Write(e)
	}
	closed(t, l)
	tests := map[string]struct {
		query Query
		want  string
	}{
		"everything":    {Query{}, "started|no route to host|retrying|table users is locked|ended"},
		"level":         {Query{Levels: []Level{Error}}, "no route to host|table users is locked"},
		"origin":        {Query{Origins: []Origin{Engine}}, "started|ended"},
		"both":          {Query{Levels: []Level{Error}, Origins: []Origin{Destination}}, "table users is locked"},
		"since":         {Query{Since: at.Add(3 * time.Second)}, "table users is locked|ended"},
		"grep":          {Query{Grep: regexp.MustCompile("^(no|table) ")}, "no route to host|table users is locked"},
		"tail":          {Query{Tail: 2}, "table users is locked|ended"},
		"tail of level": {Query{Tail: 1, Levels: []Level{Error}}, "table users is locked"},
		"tail too long": {Query{Tail: 99, Origins: []Origin{Source}}, "no route to host|retrying"},
		"nothing":       {Query{Levels: []Level{Fatal}}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(messages(all(t, dir, test.query)), "|"); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestAFileThatIsPartlyWantedIsRead(t *testing.T) {
	dir := logDir(t)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for file := range 2 { // each time it is opened a log goes on in a new file
		l := opened(t, dir, Options{})
		for i := range 3 {
			l.Write(Entry{Time: at.Add(time.Duration(3*file+i) * time.Second), Message: fmt.Sprint(3*file + i)})
		}
		closed(t, l)
	}
	for _, q := range []Query{{Since: at.Add(time.Second)}, {Tail: 5}} {
		if got := strings.Join(messages(all(t, dir, q)), " "); got != "1 2 3 4 5" {
			t.Errorf("%+v: got %s", q, got)
		}
	}
}

func TestALineIsGivenOnceItIsWhole(t *testing.T) {
	dir := logDir(t)
	opened(t, dir, Options{}) // somebody writes the log: the follower stays
	line, err := appendEntry(nil, &Entry{Time: time.Now(), Level: Info, Origin: Source, Message: "in two parts"})
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, fileName(1)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	write := func(part []byte) {
		if _, err := f.Write(part); err != nil {
			t.Error(err)
		}
	}
	write(line)
	write(line[:20])
	rest := time.AfterFunc(2*pollEvery, func() { write(line[20:]) })
	defer rest.Stop()
	seen := 0
	for e, err := range Read(t.Context(), dir, Query{Follow: true}) {
		if err != nil || e.Message != "in two parts" {
			t.Fatal(e, err)
		}
		if seen++; seen == 2 {
			return
		}
	}
	t.Fatalf("%d lines, want 2", seen)
}

func TestReadingNoLogSaysSo(t *testing.T) {
	for _, q := range []Query{{}, {Tail: 1}, {Follow: true}} {
		n := 0
		for _, err := range Read(t.Context(), filepath.Join(t.TempDir(), "none"), q) {
			if n++; !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%+v: %v", q, err)
			}
		}
		if n != 1 {
			t.Errorf("%+v: %d entries", q, n)
		}
	}
}

func TestAReaderMayStopEarly(t *testing.T) {
	dir := logDir(t)
	l := opened(t, dir, Options{})
	numbered(l, 10)
	closed(t, l)
	for _, q := range []Query{{}, {Tail: 5}} {
		for _, err := range Read(t.Context(), dir, q) {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
	}
}
