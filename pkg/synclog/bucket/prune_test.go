package bucket_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"knelt.dev/pkg/synclog"
	"knelt.dev/pkg/synclog/bucket"
)

// TestASweepRemovesWhatIsTooOld, also of a connection that is synced no more.
func TestASweepRemovesWhatIsTooOld(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	b, err := bucket.Open(t.Context(), "file://"+dir, bucket.Options{Keep: -1, KeepFor: 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	closed(t, b)
	names := []synclog.Name{
		{Connection: "gone", Sync: 1, Attempt: 1},
		{Connection: "team/orders", Sync: 1, Attempt: 1},
		{Connection: "team/orders", Sync: 1, Attempt: 2},
		{Connection: "team/orders", Sync: 2, Attempt: 1},
	}
	for i, n := range names {
		l, err := b.Open(n, 1, synclog.Options{})
		if err != nil {
			t.Fatal(err)
		}
		l.Write(synclog.Entry{Message: "x"})
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if i < 2 {
			age(t, dir, 25*time.Hour)
		}
	}
	removed, err := b.Sweep(t.Context())
	if err != nil || removed != 2 {
		t.Errorf("removed %d, %v", removed, err)
	}
	for i, n := range names {
		if _, err := b.Index(t.Context(), n); errors.Is(err, fs.ErrNotExist) != (i < 2) {
			t.Errorf("%v: %v", n, err)
		}
	}
	if removed, err := b.Sweep(t.Context()); err != nil || removed != 0 {
		t.Errorf("a second sweep removed %d, %v", removed, err)
	}
}

// age makes all files that much older.
func age(t *testing.T, dir string, by time.Duration) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		at := time.Now().Add(-by)
		return os.Chtimes(path, at, at)
	})
	if err != nil {
		t.Fatal(err)
	}
}
