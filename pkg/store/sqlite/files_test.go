package sqlite

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"knelt.dev/pkg/store"
)

func TestFilesAreTheirOwnersAloneWhateverTheUmask(t *testing.T) {
	for _, umask := range []int{0, 0o022, 0o777} {
		dir := t.TempDir()
		old := syscall.Umask(umask)
		s, err := Open(t.Context(), filepath.Join(dir, "home", "store.db"), Options{})
		if err == nil {
			err = s.SaveConfig(t.Context(), "source/shop", store.Config{Config: json.RawMessage(`{"token":"secret"}`)})
		}
		syscall.Umask(old)
		if err != nil {
			t.Fatal(err)
		}
		wantMode(t, filepath.Join(dir, "home"), 0o700)
		for _, end := range []string{"", "-wal", "-shm"} {
			wantMode(t, filepath.Join(dir, "home", "store.db"+end), 0o600)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAStoreThatOthersCanReadIsMadePrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	open(t, path, Options{})
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Chmod(path+end, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	open(t, path, Options{})
	for _, end := range []string{"", "-wal", "-shm"} {
		wantMode(t, path+end, 0o600)
	}
}

func TestAFolderThatExistsKeepsItsMode(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shared")
	if err := os.Mkdir(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	open(t, filepath.Join(dir, "store.db"), Options{})
	wantMode(t, dir, 0o755)
}

func TestAnyFileNameWorks(t *testing.T) {
	for _, name := range []string{"a b.db", "50%.db", "a?mode=ro.db", "a#b.db", "ü.db", "%20.db"} {
		path := filepath.Join(t.TempDir(), name)
		open(t, path, Options{})
		wantMode(t, path, 0o600)
		files, err := os.ReadDir(filepath.Dir(path))
		if err != nil || len(files) != 3 {
			t.Errorf("%q made %v (error %v), want the file, -wal and -shm", name, files, err)
		}
	}
}

func TestWhatIsNoFileIsRefused(t *testing.T) {
	_, err := Open(t.Context(), t.TempDir(), Options{})
	if err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("error %v, want that a folder is no file", err)
	}
}

func TestEveryCommitIsOnDisk(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "store.db"), Options{BusyTimeout: 3 * time.Second})
	for pragma, want := range map[string]int{"synchronous": 2, "busy_timeout": 3000} {
		var got int
		if err := s.db.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %d (error %v), want %d", pragma, got, err, want)
		}
	}
}

func wantMode(t *testing.T, path string, want fs.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != want {
		t.Errorf("%s has mode %o, want %o", filepath.Base(path), got, want)
	}
}
