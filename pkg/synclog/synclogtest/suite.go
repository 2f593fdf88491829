// Package synclogtest is what every home of sync logs has to do.
package synclogtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"knelt.dev/pkg/synclog"
)

// Home keeps logs.
type Home interface {
	Open(name synclog.Name, epoch int64, opts synclog.Options) (*synclog.Log, error)
	Read(ctx context.Context, name synclog.Name, q synclog.Query) iter.Seq2[synclog.Entry, error]
	Index(ctx context.Context, name synclog.Name) (synclog.Index, error)
	Tidy(ctx context.Context, connection string) error
}

// Maker makes an empty home that keeps so many attempts of a connection.
type Maker func(t *testing.T, keep int) Home

// Run runs the suite.
func Run(t *testing.T, home Maker) {
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { test(t, home) })
	}
}

var tests = map[string]func(*testing.T, Maker){
	"AnEntryComesBackAsItWasLogged":         comesBack,
	"NoLogIsNotAnEmptyLog":                  noLog,
	"QueriesChooseLines":                    queries,
	"PagesAreParts":                         pages,
	"RelaysWriteOneAfterTheOther":           relays,
	"LogsAreApart":                          apart,
	"AFollowerSeesEveryLineOnce":            follows,
	"AFollowerCanLeave":                     leaves,
	"TheIndexCounts":                        counts,
	"SecretsAreRedactedBeforeTheyAreKept":   redacts,
	"TheMiddleGoesWhenTheTotalIsReached":    bounded,
	"OldAttemptsGoThoseOfOthersStay":        tidies,
	"ALineThatFoundNoRoomIsCountedInTheLog": dropped,
	"WhatAConnectorSaysOfItselfIsMadeFit":   fit,
}

var orders = synclog.Name{Connection: "team/orders", Sync: 12, Attempt: 1}

func opened(t *testing.T, h Home, n synclog.Name, epoch int64, opts synclog.Options) *synclog.Log {
	t.Helper()
	l, err := h.Open(n, epoch, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // again, where the test did it
	return l
}

func closed(t *testing.T, l *synclog.Log) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// logged writes a whole log.
func logged(t *testing.T, h Home, n synclog.Name, epoch int64, opts synclog.Options, entries ...synclog.Entry) {
	t.Helper()
	l := opened(t, h, n, epoch, opts)
	for _, e := range entries {
		l.Write(e)
	}
	closed(t, l)
}

func read(t *testing.T, h Home, n synclog.Name, q synclog.Query) []synclog.Entry {
	t.Helper()
	var got []synclog.Entry
	for e, err := range h.Read(t.Context(), n, q) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e)
	}
	return got
}

func texts(entries []synclog.Entry) string {
	var got []string
	for _, e := range entries {
		got = append(got, e.Message)
	}
	return strings.Join(got, " ")
}

func said(messages ...string) []synclog.Entry {
	var entries []synclog.Entry
	for _, m := range messages {
		entries = append(entries, synclog.Entry{Message: m})
	}
	return entries
}

func comesBack(t *testing.T, home Maker) {
	h := home(t, 0)
	want := synclog.Entry{
		Time: time.Date(2026, 3, 4, 5, 6, 7, 891e6, time.UTC), Level: synclog.Warn, Origin: synclog.Destination, Output: synclog.Stderr,
		Message: "a \"quoted\"\\ <b>&\ttab\nline\x00\x1f end \u2028 é 漢 🜚",
		Fields:  map[string]any{"n": 1.5, "ok": true, "text": "a<b"},
	}
	logged(t, h, orders, 1, synclog.Options{}, want)
	if diff := cmp.Diff([]synclog.Entry{want}, read(t, h, orders, synclog.Query{})); diff != "" {
		t.Fatal(diff)
	}
}

func noLog(t *testing.T, home Maker) {
	h := home(t, 0)
	for _, q := range []synclog.Query{{}, {Tail: 3}, {Follow: true}, {Tail: 3, Follow: true}} {
		for _, err := range h.Read(t.Context(), orders, q) {
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("reading no log gives %v", err)
			}
		}
	}
	if _, err := h.Index(t.Context(), orders); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the index of no log is %v", err)
	}
	logged(t, h, orders, 1, synclog.Options{})
	if got := read(t, h, orders, synclog.Query{}); len(got) != 0 {
		t.Errorf("an empty log has %v", got)
	}
}

// several logs ten lines a minute apart in several flushes: even ones are the
// source's, odd ones errors of the destination.
func several(t *testing.T, h Home) {
	l := opened(t, h, orders, 1, synclog.Options{FlushBytes: 1})
	for i := range 10 {
		e := synclog.Entry{Time: minute(i), Origin: synclog.Source, Message: fmt.Sprint(i)}
		if i%2 == 1 {
			e.Level, e.Origin = synclog.Error, synclog.Destination
		}
		l.Write(e)
		time.Sleep(5 * time.Millisecond) // for a flush of its own
	}
	closed(t, l)
}

func minute(n int) time.Time { return time.Date(2026, 3, 4, 5, n, 0, 0, time.UTC) }

func queries(t *testing.T, home Maker) {
	h := home(t, 0)
	several(t, h)
	for want, q := range map[string]synclog.Query{
		"0 1 2 3 4 5 6 7 8 9": {},
		"1 3 5 7 9":           {Levels: []synclog.Level{synclog.Error}},
		"0 2 4 6 8":           {Origins: []synclog.Origin{synclog.Source, synclog.Engine}},
		"":                    {Origins: []synclog.Origin{synclog.Engine}},
		"7 8 9":               {Since: minute(7)},
		"3 4":                 {Since: minute(3), Until: minute(5)},
		"2 7":                 {Grep: regexp.MustCompile("[27]")},
		"8 9":                 {Tail: 2},
		"7 9":                 {Tail: 2, Levels: []synclog.Level{synclog.Error}},
	} {
		if got := texts(read(t, h, orders, q)); got != want {
			t.Errorf("%+v gives %q, want %q", q, got, want)
		}
	}
}

func pages(t *testing.T, home Maker) {
	h := home(t, 0)
	several(t, h)
	for want, q := range map[string]synclog.Query{
		"0 1":   {Limit: 2},
		"9":     {Skip: 9},
		"4 5 6": {Skip: 4, Limit: 3},
		"5 7":   {Skip: 2, Limit: 2, Levels: []synclog.Level{synclog.Error}},
		"6 8":   {Skip: 1, Limit: 2, Since: minute(3), Origins: []synclog.Origin{synclog.Source}},
		"8":     {Skip: 2, Limit: 2, Grep: regexp.MustCompile("[268]")},
		"":      {Skip: 10, Limit: 1},
	} {
		if got := texts(read(t, h, orders, q)); got != want {
			t.Errorf("%+v gives %q, want %q", q, got, want)
		}
	}
}

func relays(t *testing.T, home Maker) {
	h := home(t, 0)
	for i := range 12 {
		logged(t, h, orders, int64(i+1), synclog.Options{}, said(fmt.Sprintf("%da", i), fmt.Sprintf("%db", i))...)
	}
	if got := texts(read(t, h, orders, synclog.Query{})); !strings.HasPrefix(got, "0a 0b 1a") || !strings.HasSuffix(got, "10b 11a 11b") {
		t.Errorf("got %s", got)
	}
	if got := texts(read(t, h, orders, synclog.Query{Tail: 3})); got != "10b 11a 11b" {
		t.Errorf("the tail is %s", got)
	}
}

func apart(t *testing.T, home Maker) {
	h := home(t, 0)
	names := []synclog.Name{
		{Connection: "team/orders", Sync: 1, Attempt: 1},
		{Connection: "team/orders", Sync: 1, Attempt: 11},
		{Connection: "team/orders", Sync: 11, Attempt: 1},
		{Connection: "team/orders-eu", Sync: 1, Attempt: 1},
		{Connection: "orders", Sync: 1, Attempt: 1},
	}
	for i, n := range names {
		logged(t, h, n, 1, synclog.Options{}, said(fmt.Sprint(i))...)
	}
	for i, n := range names {
		if got := texts(read(t, h, n, synclog.Query{})); got != fmt.Sprint(i) {
			t.Errorf("%v has %q", n, got)
		}
	}
}

func follows(t *testing.T, home Maker) {
	h := home(t, 0)
	l := opened(t, h, orders, 1, synclog.Options{FlushEvery: 10 * time.Millisecond})
	l.Write(synclog.Entry{Message: "0"})
	for len(visible(h)) == 0 { // until there is something to follow
		time.Sleep(10 * time.Millisecond)
	}
	go func() {
		for i := 1; i < 100; i++ {
			l.Write(synclog.Entry{Message: fmt.Sprint(i)})
			time.Sleep(20 * time.Millisecond)
		}
		_ = l.Close() // the cleanup's error is the same
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	next := 0
	for e, err := range h.Read(ctx, orders, synclog.Query{Follow: true}) {
		if err != nil || e.Message != fmt.Sprint(next) {
			t.Fatalf("line %d is %q, %v", next, e.Message, err)
		}
		next++
	}
	if next != 100 {
		t.Errorf("%d lines", next)
	}
}

// visible gives what can be read now.
func visible(h Home) (got []synclog.Entry) {
	for e, err := range h.Read(context.Background(), orders, synclog.Query{}) {
		if err == nil {
			got = append(got, e)
		}
	}
	return got
}

func leaves(t *testing.T, home Maker) {
	h := home(t, 0)
	several(t, h)
	for _, err := range h.Read(t.Context(), orders, synclog.Query{}) {
		if err != nil {
			t.Error(err)
		}
		break
	}
	l := opened(t, h, orders, 2, synclog.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for _, err := range h.Read(ctx, orders, synclog.Query{Follow: true}) {
		if n++; n == 10 {
			cancel()
		}
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	closed(t, l)
}

func counts(t *testing.T, home Maker) {
	h := home(t, 0)
	several(t, h)
	index, err := h.Index(t.Context(), orders)
	if err != nil {
		t.Fatal(err)
	}
	if index.Lines(synclog.Source, synclog.Info) != 5 || index.Lines(synclog.Destination, synclog.Error) != 5 || index.Dropped() != 0 {
		t.Errorf("the index is %+v", index)
	}
	if n := len(index.Files); !index.Files[0].First.Equal(minute(0)) || !index.Files[n-1].Last.Equal(minute(9)) {
		t.Errorf("the index is %+v", index)
	}
}

func redacts(t *testing.T, home Maker) {
	h := home(t, 0)
	secret := []byte("hunter2")
	logged(t, h, orders, 1, synclog.Options{Redact: func(b []byte) []byte { return bytes.ReplaceAll(b, secret, []byte("***")) }},
		synclog.Entry{Message: "password hunter2", Fields: map[string]any{"hunter2": "hunter2", "err": errors.New("bad hunter2")}})
	got := read(t, h, orders, synclog.Query{})
	if text := fmt.Sprint(got); strings.Contains(text, "hunter2") || strings.Count(text, "***") != 4 {
		t.Errorf("kept was %s", text)
	}
}

func bounded(t *testing.T, home Maker) {
	h := home(t, 0)
	const lines, total = 4000, 64 << 10
	l := opened(t, h, orders, 1, synclog.Options{TotalBytes: total, FlushEvery: time.Millisecond, FlushBytes: 2 << 10})
	for i := range lines {
		l.Write(synclog.Entry{Origin: synclog.Source, Message: fmt.Sprintf("line %06d", i)})
		if i%100 == 99 { // so that no chunk is large beside the total
			await(t, h, fmt.Sprintf("line %06d", i))
		}
	}
	closed(t, l)
	index, err := h.Index(t.Context(), orders)
	if err != nil {
		t.Fatal(err)
	}
	var size int64
	for _, f := range index.Files {
		size += f.Bytes
	}
	if size > total || size < total/2 {
		t.Errorf("%d bytes are kept, the limit is %d", size, total)
	}
	got := read(t, h, orders, synclog.Query{Origins: []synclog.Origin{synclog.Source}})
	if first, last := got[0].Message, got[len(got)-1].Message; first != "line 000000" || last != fmt.Sprintf("line %06d", lines-1) {
		t.Errorf("kept is %s to %s", first, last)
	}
	gaps := read(t, h, orders, synclog.Query{Origins: []synclog.Origin{synclog.Engine}})
	if len(gaps) != 1 || int64(len(got))+index.Dropped() != lines {
		t.Errorf("%d kept, %d said to be dropped of %d, by %v", len(got), index.Dropped(), lines, gaps)
	}
}

// await waits until a line is the last one of the log.
func await(t *testing.T, h Home, line string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		for e, err := range h.Read(t.Context(), orders, synclog.Query{Tail: 1}) {
			if err == nil && e.Message == line {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("%q does not come", line)
		}
	}
}

func tidies(t *testing.T, home Maker) {
	h := home(t, 2)
	var names []synclog.Name
	for i := range 12 {
		names = append(names, synclog.Name{Connection: "team/orders", Sync: int64(i + 1), Attempt: 1})
	}
	other := synclog.Name{Connection: "team/orders-eu", Sync: 1, Attempt: 1}
	for _, n := range append(names, other) {
		logged(t, h, n, 1, synclog.Options{}, said("x")...)
	}
	if err := h.Tidy(t.Context(), "team/orders"); err != nil {
		t.Fatal(err)
	}
	for i, n := range append(names, other) {
		_, err := h.Index(t.Context(), n)
		if gone, want := errors.Is(err, fs.ErrNotExist), i < 10; gone != want || err != nil && !gone {
			t.Errorf("%v: %v", n, err)
		}
	}
}

func dropped(t *testing.T, home Maker) {
	h := home(t, 0)
	l := opened(t, h, orders, 1, synclog.Options{QueueBytes: 4 << 10, FlushEvery: time.Hour})
	const lines = 5000
	for i := range lines {
		l.Write(synclog.Entry{Origin: synclog.Source, Message: strings.Repeat("x", 50) + fmt.Sprint(i)})
	}
	missing := l.Dropped()
	closed(t, l)
	index, err := h.Index(t.Context(), orders)
	if err != nil {
		t.Fatal(err)
	}
	if kept := index.Lines(synclog.Source, synclog.Info); missing == 0 || kept == 0 || kept+missing != lines || index.Dropped() != missing {
		t.Errorf("%d kept, %d dropped, %d said to be", kept, missing, index.Dropped())
	}
}

func fit(t *testing.T, home Maker) {
	h := home(t, 0)
	logged(t, h, orders, 1, synclog.Options{LineBytes: 10},
		synclog.Entry{Level: `x","message":"forged`, Origin: "../../nobody", Message: "bad \xff\xfe."},
		synclog.Entry{Origin: synclog.Source, Message: strings.Repeat("z", 1000)})
	got := read(t, h, orders, synclog.Query{})
	if len(got) != 2 || got[0].Level != synclog.Info || got[0].Origin != synclog.Engine || got[0].Message != "bad \uFFFD." {
		t.Fatalf("got %+v", got)
	}
	if want := "zzzzzzzzzz... [cut: the line had 1000 bytes]"; got[1].Message != want {
		t.Errorf("a long line is %q", got[1].Message)
	}
}
