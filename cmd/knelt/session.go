package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/connector/process"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/sqlite"
)

// session is the documents and an engine to run them.
type session struct {
	set    *connection.Set
	home   string
	engine *engine.Engine
	store  *sqlite.Store
}

// open reads the documents and opens the home, which is made when it is missing.
func (c *cli) open(ctx context.Context, l *location) (*session, error) {
	set, home, err := c.find(l)
	if err != nil {
		return nil, err
	}
	return c.openHome(ctx, set, home)
}

// openKept is open for commands that only look: where nothing was ever synced
// there is nothing to see, and nothing is made.
func (c *cli) openKept(ctx context.Context, l *location) (*session, error) {
	set, home, err := c.find(l)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(storeFile(home)); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("nothing was synced with this home yet: %s holds no state (--home or KNELT_HOME name another)", home)
	}
	return c.openHome(ctx, set, home)
}

func (c *cli) find(l *location) (*connection.Set, string, error) {
	set, err := l.load()
	if err != nil {
		return nil, "", err
	}
	home, err := l.homeDir(c.getenv)
	return set, home, err
}

func storeFile(home string) string { return filepath.Join(home, "state.db") }

func (c *cli) openHome(ctx context.Context, set *connection.Set, home string) (*session, error) {
	if err := makeHome(home); err != nil {
		return nil, err
	}
	kept, err := sqlite.Open(ctx, storeFile(home), sqlite.Options{Alive: store.ProcessAlive})
	if err != nil {
		return nil, err
	}
	return &session{set: set, home: home, store: kept, engine: &engine.Engine{
		Store: kept, Runtime: c.runtime(home), Home: home, Holder: store.ProcessHolder(), Cancels: kept,
	}}, nil
}

// makeHome makes a missing home: for its owner alone, because configs hold
// secrets, and unseen by git, because it is often inside a repository.
func makeHome(home string) error {
	if _, err := os.Stat(home); err == nil {
		return nil
	}
	if err := os.MkdirAll(home, 0o700); err != nil {
		return fmt.Errorf("making the home: %w", err)
	}
	if err := os.WriteFile(filepath.Join(home, ".gitignore"), []byte("*\n"), 0o600); err != nil {
		return fmt.Errorf("making the home: %w", err)
	}
	return nil
}

// runtime gives the runtime of local programs, after it has cleared up what
// engines that were killed have left.
func (c *cli) runtime(home string) *process.Runtime {
	warn := func(err error) { fmt.Fprintf(c.stderr, "warning: %v\n", err) }
	runtime := process.New(process.Config{Root: filepath.Join(home, "run"), Warn: warn})
	if _, err := runtime.Sweep(); err != nil {
		warn(err)
	}
	return runtime
}

func (s *session) close() error { return s.store.Close() }

// using opens a session, lets f use it and closes it.
func using(s *session, err error, f func(*session) error) error {
	if err != nil {
		return err
	}
	return errors.Join(f(s), s.close())
}
