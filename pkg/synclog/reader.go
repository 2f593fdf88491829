package synclog

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// reader stands at a place in a log: a file and the whole lines read of it.
type reader struct {
	dir   string
	query Query
	// bound is the last file to be read, 0: there is none.
	bound int
	// kept is the index as it was when it was needed first in this pass.
	kept map[string]FileInfo

	number int // 0: before the first file
	open   *os.File
	lines  *bufio.Reader
	half   []byte // of a line whose end is not written yet
	offset int64  // bytes read of the file
}

// goTo opens the numbered file at its beginning.
func (r *reader) goTo(number int) error {
	r.close()
	r.number = number
	f, err := os.Open(filepath.Join(r.dir, fileName(number)))
	if err != nil {
		return err
	}
	r.open = f
	r.lines = bufio.NewReaderSize(f, 64<<10)
	return nil
}

func (r *reader) close() {
	if r.open != nil {
		_ = r.open.Close() // opened for reading only
	}
	r.open, r.lines, r.half, r.offset = nil, nil, nil, 0
}

// line reads the next whole line that is an entry; io.EOF at the end for now.
func (r *reader) line() (Entry, error) {
	if r.lines == nil {
		return Entry{}, io.EOF
	}
	for {
		raw, err := r.lines.ReadBytes('\n')
		r.offset += int64(len(raw))
		if err != nil {
			r.half = append(r.half, raw...)
			return Entry{}, r.atEnd(err)
		}
		if len(r.half) > 0 {
			raw = append(r.half, raw...)
			r.half = nil
		}
		if e, ok := Decode(raw); ok {
			return e, nil
		}
	}
}

// atEnd gives the error of a read that got less than a line.
func (r *reader) atEnd(err error) error {
	if errors.Is(err, io.EOF) {
		if err := r.shrunk(); err != nil {
			return err
		}
	}
	return err
}

// shrunk goes back to the end of a file from which the writer took lines that a
// full disk had cut.
func (r *reader) shrunk() error {
	stat, err := r.open.Stat()
	if err != nil || stat.Size() >= r.offset {
		return err
	}
	r.half, r.offset = nil, stat.Size()
	_, err = r.open.Seek(r.offset, io.SeekStart)
	r.lines.Reset(r.open)
	return err
}

// next gives the number of the file after the reader's that may hold wanted
// lines; 0 if there is none. Files that the index rules out are passed by.
func (r *reader) next() (int, error) {
	found, err := numbers(r.dir)
	if err != nil {
		return 0, err
	}
	from, _ := slices.BinarySearch(found, r.number+1)
	for i, n := range found[from:] {
		last := from+i == len(found)-1 // it may still grow; the kept index is no proof for it
		switch {
		case r.bound > 0 && n > r.bound:
			return 0, nil
		case last || !r.skips(n):
			return n, nil
		}
	}
	return 0, nil
}

// bounded has the reader end with the files that are there now: a writer may be
// faster than it.
func (r *reader) bounded() error {
	found, err := numbers(r.dir)
	if len(found) > 0 {
		r.bound = found[len(found)-1]
	}
	return err
}

func (r *reader) skips(n int) bool {
	if r.kept == nil {
		r.kept = loadIndex(r.dir)
	}
	info, ok := r.kept[fileName(n)]
	if !ok {
		return false
	}
	stat, err := os.Stat(filepath.Join(r.dir, info.Name))
	most, _ := r.query.WantsOf(&info)
	return err == nil && stat.Size() == info.Bytes && most == 0
}
