//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// install is the command "bridge install DIR": it copies this program to
// DIR/bridge, for clusters whose pods cannot mount an image. The copy is made
// under another name and renamed: whoever sees it sees all of it.
func install(args []string) int {
	if len(args) != 1 || !filepath.IsAbs(args[0]) {
		fmt.Fprintln(os.Stderr, "usage: bridge install DIR, with an absolute path")
		return 2
	}
	if err := installIn(args[0]); err != nil {
		fmt.Fprintln(os.Stderr, "bridge install:", err)
		return 1
	}
	return 0
}

func installIn(dir string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	from, err := os.Open(self)
	if err != nil {
		return fmt.Errorf("reading this program: %w", err)
	}
	defer func() { _ = from.Close() }() // it was only read
	fresh := filepath.Join(dir, ".bridge.new")
	if err := copyProgram(fresh, from); err != nil {
		return fmt.Errorf("copying this program: %w", err)
	}
	return os.Rename(fresh, filepath.Join(dir, "bridge"))
}

// copyProgram leaves a file that anybody may execute, whatever the umask.
func copyProgram(path string, from io.Reader) error {
	to, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o700)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Chmod(0o555), to.Close())
}
