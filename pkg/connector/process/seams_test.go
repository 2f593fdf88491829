package process

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"knelt.dev/pkg/rawio"
)

// TestADeadlineThatPassedLosesNoBytes: a reader that was held up between two
// steps finds its deadline over and the pipe full.
func TestADeadlineThatPassedLosesNoBytes(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer closeFiles(r, w)
	o := &outlet{file: rawio.Of(r)}
	buf := make([]byte, 10)
	for _, want := range []string{"abc", ""} {
		if want != "" {
			if _, err := w.WriteString(want); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.SetReadDeadline(time.Now().Add(-time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err := o.readOnce(buf)
		if string(buf[:n]) != want || (want == "") != errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("got %q, %v; want %q", buf[:n], err, want)
		}
	}
	if !o.held() {
		t.Error("the open pipe counts as closed")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := o.readOnce(buf); n != 0 || !errors.Is(err, io.EOF) || o.held() {
		t.Errorf("after the end: %d bytes, %v, held %v", n, err, o.held())
	}
}

// TestALockOfARemovedDirectoryIsNone: a sweep may remove the file between its
// opening and its locking.
func TestALockOfARemovedDirectoryIsNone(t *testing.T) {
	dir := t.TempDir()
	lock, err := lockDir(dir, os.O_CREATE)
	if err != nil {
		t.Fatal(err)
	}
	defer closeFiles(lock)
	name := filepath.Join(dir, lockFile)
	if _, err := lockDir(dir, 0); !errors.Is(err, errBusy) {
		t.Errorf("a second lock: %v", err)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if err := sameFile(lock, name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("removed: %v", err)
	}
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := sameFile(lock, name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("made anew: %v", err)
	}
}
