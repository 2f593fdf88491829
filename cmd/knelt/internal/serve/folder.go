package serve

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"knelt.dev/pkg/connection"
)

// Folder is the documents of files and folders, read again when they change. A
// file with a mistake in it keeps what it said before, and stops nothing but
// itself.
type Folder struct {
	paths []string
	log   *slog.Logger
	// started names this process: versions are its own.
	started string

	mu     sync.Mutex
	looked time.Time
	files  map[string]*file
	read   *reading
	// version counts the readings that differ.
	version int
}

// lookEvery is how soon a change counts.
const lookEvery = time.Second

// file is one file as it was read last.
type file struct {
	changed time.Time
	size    int64
	set     *connection.Set
	problem string
}

// reading is all documents together.
type reading struct {
	*connection.Set
	// problems by the name of the connection.
	problems map[string]string
}

// NewFolder reads the documents. The error is a *connection.Problems with all
// that is wrong: what is wrong from the beginning is to be mended first.
func NewFolder(log *slog.Logger, paths ...string) (*Folder, error) {
	f := &Folder{paths: paths, log: log, started: rand.Text(), files: map[string]*file{}}
	if _, err := connection.Load(paths...); err != nil {
		return nil, err
	}
	_, err := f.documents()
	return f, err
}

// documents gives what is written now.
func (f *Folder) documents() (*reading, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.read != nil && time.Since(f.looked) < lookEvery {
		return f.read, nil
	}
	names, err := f.names()
	if err != nil {
		return nil, err
	}
	changed := f.read == nil || len(names) != len(f.files)
	for _, name := range names {
		again, err := f.look(name)
		if err != nil {
			return nil, err
		}
		changed = changed || again
	}
	maps.DeleteFunc(f.files, func(name string, _ *file) bool { return !slices.Contains(names, name) })
	if changed {
		f.read = f.together(names)
		f.version++
	}
	f.looked = time.Now()
	return f.read, nil
}

// names lists the files, as connection.Load does.
func (f *Folder) names() ([]string, error) {
	var all []string
	for _, path := range f.paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("reading the documents: %w", err)
		}
		if !info.IsDir() {
			all = append(all, path)
			continue
		}
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, fmt.Errorf("reading the documents: %w", err)
		}
		for _, e := range entries {
			if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(e.Name())) {
				all = append(all, filepath.Join(path, e.Name()))
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// look reads a file if it has changed.
func (f *Folder) look(name string) (changed bool, err error) {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil // it has just gone
	}
	if err != nil {
		return false, fmt.Errorf("reading the documents: %w", err)
	}
	old := f.files[name]
	if old != nil && old.changed.Equal(info.ModTime()) && old.size == info.Size() {
		return false, nil
	}
	now := &file{changed: info.ModTime(), size: info.Size()}
	if now.set, err = connection.Load(name); err != nil {
		now.set, now.problem = &connection.Set{}, firstLine(err)
		if old != nil {
			now.set = old.set
		}
		f.log.Warn("a file has a mistake: what it said before counts", "file", name, "error", err)
	} else if f.read != nil {
		f.log.Info("read again", "file", name)
	}
	f.files[name] = now
	return true, nil
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// together puts the documents of all files together.
func (f *Folder) together(names []string) *reading {
	all := &reading{
		Set: &connection.Set{
			Sources: map[string]*connection.Source{}, Destinations: map[string]*connection.Destination{}, Connections: map[string]*connection.Connection{},
		},
		problems: map[string]string{},
	}
	for _, name := range names {
		one := f.files[name]
		if one == nil {
			continue
		}
		maps.Copy(all.Sources, one.set.Sources)
		maps.Copy(all.Destinations, one.set.Destinations)
		for c, doc := range one.set.Connections {
			if _, twice := all.Connections[c]; twice {
				all.problems[c] = fmt.Sprintf("Connection %q is defined in two files", c)
				continue
			}
			all.Connections[c] = doc
			if one.problem != "" {
				all.problems[c] = "its file has a mistake, and what it said before counts: " + one.problem
			}
		}
	}
	for name, c := range all.Connections {
		_, source := all.SourceOf(c)
		_, destination := all.DestinationOf(c)
		if err := errors.Join(source, destination); err != nil && all.problems[name] == "" {
			all.problems[name] = firstLine(err)
		}
	}
	return all
}
