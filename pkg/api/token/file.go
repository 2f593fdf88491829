package token

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"
)

// File is a file of tokens, such as a mounted Secret, which is read again when it
// has changed.
type File struct {
	path     string
	optional bool

	mu    sync.Mutex
	set   Set
	asked time.Time
	seen  time.Time
	size  int64
}

// lookEvery is how soon a change of the file counts.
const lookEvery = time.Second

// Open reads the file; the error says what is wrong with it.
func Open(path string) (*File, error) {
	f := &File{path: path}
	return f, f.read()
}

// Await is Open for a file that may not be there yet, such as an optional Secret:
// until it is, there are no tokens.
func Await(path string) *File { return &File{path: path, optional: true} }

// Find is Set.Find on what the file says now. A file that cannot be read any
// more, or has a mistake in it, is an error: tokens that were taken out of it
// must not go on to count.
func (f *File) Find(secret string, now time.Time) (Token, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now.Sub(f.asked) >= lookEvery || now.Before(f.asked) {
		if err := f.look(); err != nil {
			return Token{}, false, err
		}
		f.asked = now
	}
	t, ok := f.set.Find(secret, now)
	return t, ok, nil
}

func (f *File) look() error {
	info, err := os.Stat(f.path)
	if f.optional && errors.Is(err, fs.ErrNotExist) {
		f.set, f.seen = Set{}, time.Time{}
		return nil
	}
	if err != nil {
		return fmt.Errorf("the file of tokens: %w", err)
	}
	if info.ModTime().Equal(f.seen) && info.Size() == f.size {
		return nil
	}
	return f.read()
}

func (f *File) read() error {
	info, err := os.Stat(f.path)
	if err != nil {
		return fmt.Errorf("the file of tokens: %w", err)
	}
	text, err := os.ReadFile(f.path)
	if err != nil {
		return fmt.Errorf("the file of tokens: %w", err)
	}
	set, err := Parse(text)
	if err != nil {
		return fmt.Errorf("the file of tokens %s: %w", f.path, err)
	}
	f.set, f.seen, f.size = set, info.ModTime(), info.Size()
	return nil
}
