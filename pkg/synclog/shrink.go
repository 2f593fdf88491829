package synclog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// shrink drops files from the middle until there is room for another one below
// the total. The beginning stays (config, catalog, the first error) and so does
// the end; the first dropped file's place is taken by a line with the count.
func (w *writer) shrink() {
	for w.size()+w.fileBytes > w.totalBytes {
		gap := w.head()
		victim := gap
		if gap < len(w.index.Files) && w.index.Files[gap].isGap() {
			victim++
		}
		if victim >= len(w.index.Files)-1 {
			return // nothing is left between the beginning and the end
		}
		if err := w.drop(gap, victim); err != nil {
			w.lose(0, err)
			return
		}
	}
}

func (w *writer) size() int64 {
	var n int64
	for _, f := range w.index.Files {
		n += f.Bytes
	}
	return n
}

// head tells how many files are the beginning: a quarter of the total, but one
// at least.
func (w *writer) head() int {
	n, size := 1, w.fileBytes
	for n < len(w.index.Files) && size+w.fileBytes <= w.totalBytes/4 {
		n, size = n+1, size+w.fileBytes
	}
	return n
}

// isGap tells a file that stands for dropped ones.
func (f *FileInfo) isGap() bool { return f.Lines == 1 && f.Dropped > 0 }

// drop takes the victim's lines out and adds them to the line in the gap, which
// is either the file before it or the victim itself. The count is written before
// the file goes: a kill in between leaves lines twice told, never lost untold.
func (w *writer) drop(gap, victim int) error {
	dead := w.index.Files[victim]
	missing := dead.Lines + dead.Dropped
	if victim != gap {
		missing += w.index.Files[gap].Dropped
	}
	var b Batch
	at := dead.Last
	if at.IsZero() {
		at = time.Now()
	}
	err := b.add(note(at, missing, fmt.Sprintf("%%d lines dropped here: the log of a sync is kept below %d MiB",
		max(1, w.totalBytes>>20))))
	if err != nil {
		return err
	}
	if err := replaceFile(filepath.Join(w.dir, w.index.Files[gap].Name), b.bytes); err != nil {
		return err
	}
	info := FileInfo{Name: w.index.Files[gap].Name}
	info.count(b.lines[0], len(b.bytes))
	w.index.Files[gap] = info
	if victim == gap {
		return nil
	}
	w.index.Files = append(w.index.Files[:victim], w.index.Files[victim+1:]...)
	if err := os.Remove(filepath.Join(w.dir, dead.Name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
