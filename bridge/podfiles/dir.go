package podfiles

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// Dir is the directory's absolute path, the same in both containers.
type Dir string

// The files a connector may be given.
const (
	Config  = "config.json"
	Catalog = "catalog.json"
	State   = "state.json"
)

func (d Dir) path(name string) string { return filepath.Join(string(d), name) }

// Stdin is the path of the FIFO of the connector's standard input.
func (d Dir) Stdin() string { return d.path("stdin") }

// Stdout is the path of the FIFO of the connector's standard output.
func (d Dir) Stdout() string { return d.path("stdout") }

// Stderr is the path of the FIFO of the connector's standard error.
func (d Dir) Stderr() string { return d.path("stderr") }

// File gives the path of a connector's file. Other names than Config, Catalog
// and State are refused: they come over the network.
func (d Dir) File(name string) (string, error) {
	if !slices.Contains([]string{Config, Catalog, State}, name) {
		return "", fmt.Errorf("a connector has no file %q, only %s, %s and %s", name, Config, Catalog, State)
	}
	return d.path(filepath.Join("files", name)), nil
}

// CreateFile makes a connector's file anew, empty, 0600.
func (d Dir) CreateFile(name string) (*os.File, error) {
	path, err := d.File(name)
	if err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
}

// Prepare makes the FIFOs and the directory for the connector's files; the
// sidecar calls it after Claim. What is there already is kept.
func (d Dir) Prepare() error {
	if err := os.MkdirAll(d.path("files"), 0o700); err != nil {
		return fmt.Errorf("making the directory for the connector's files: %w", err)
	}
	for _, path := range []string{d.Stdin(), d.Stdout(), d.Stderr(), Launcher.path(d), Sidecar.path(d)} {
		if err := unix.Mkfifo(path, 0o600); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("making the FIFO %s: %w", path, err)
		}
	}
	return nil
}
