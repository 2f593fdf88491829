package synclog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// kept lists the logs that are left, as CONNECTION/SYNC-ATTEMPT.
func kept(t *testing.T, logs string) string {
	t.Helper()
	left, err := attempts(logs)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, a := range left {
		names = append(names, filepath.Base(filepath.Dir(a.dir))+"/"+filepath.Base(a.dir))
	}
	return strings.Join(names, " ")
}

// logged makes logs of 1000 bytes and more, an hour between each two.
func logged(t *testing.T, logs string, names ...string) {
	t.Helper()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i, name := range names {
		dir := filepath.Join(logs, name)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, fileName(1))
		if err := os.WriteFile(path, make([]byte, 1000), 0o600); err != nil {
			t.Fatal(err)
		}
		at := start.Add(time.Duration(i) * time.Hour)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPruneKeepsTheNewest(t *testing.T) {
	tests := map[string]struct {
		keep     int
		maxBytes int64
		want     string
		removed  int
	}{
		"no limit":    {0, 0, "a/9-1 b/1-1 a/10-1 a/10-2", 0},
		"by count":    {2, 0, "b/1-1 a/10-1 a/10-2", 1},
		"one each":    {1, 0, "b/1-1 a/10-2", 2},
		"by bytes":    {0, 2500, "a/10-1 a/10-2", 2},
		"both":        {2, 2000, "a/10-1 a/10-2", 2},
		"hardly room": {0, 1, "", 4},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			logs := t.TempDir()
			logged(t, logs, "a/9-1", "b/1-1", "a/10-1", "a/10-2")
			removed, err := Prune(logs, test.keep, test.maxBytes)
			if err != nil || removed != test.removed {
				t.Errorf("removed %d, %v; want %d", removed, err, test.removed)
			}
			if got := kept(t, logs); got != test.want {
				t.Errorf("kept %q, want %q", got, test.want)
			}
		})
	}
}

func TestPruneLeavesALiveLogAndStrangers(t *testing.T) {
	logs := t.TempDir()
	logged(t, logs, "a/notes-of-mine")
	dir := Dir(logs, "a", 1, 1)
	l := opened(t, dir, Options{FlushEvery: time.Millisecond})
	l.Write(Entry{Message: "alive"})
	waitForLines(t, dir, 1)
	if n, err := Prune(logs, 0, 1); n != 0 || err != nil {
		t.Fatal(n, err)
	}
	closed(t, l)
	if n, err := Prune(logs, 0, 1); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if _, err := os.Stat(filepath.Join(logs, "a", "notes-of-mine")); err != nil {
		t.Fatal(err)
	}
}

func TestConnectionsOfANamespaceArePrunedToo(t *testing.T) {
	logs := t.TempDir()
	logged(t, logs, "team/orders/1-1", "team/orders/2-1", "team/3-1/1-1", "orders/1-1")
	removed, err := Prune(logs, 1, 0)
	if got := kept(t, logs); err != nil || removed != 1 || got != "orders/2-1 3-1/1-1 orders/1-1" {
		t.Errorf("removed %d, kept %q, %v", removed, got, err)
	}
}

func TestPruneOfNothing(t *testing.T) {
	if n, err := Prune(filepath.Join(t.TempDir(), "none"), 1, 1); n != 0 || err != nil {
		t.Fatal(n, err)
	}
}
