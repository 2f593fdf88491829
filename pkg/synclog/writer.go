package synclog

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// writer puts batches into files. It is the Sink of a log in a folder.
type writer struct {
	lock       *os.File
	dir        string
	fileBytes  int64
	totalBytes int64
	write      func(*os.File, []byte) (int, error) // os.File.Write but for tests

	file   *os.File // nil: the next line opens the next number
	number int
	index  Index // the last one is the file being written

	lost  int64 // lines that could not be written
	told  int64 // lost lines that a later line has told
	first error // why the first of them could not
}

// Put writes a batch; what cannot be written is counted as lost.
func (w *writer) Put(_ context.Context, b *Batch) {
	if w.lost > w.told && w.tell() != nil {
		w.lost += int64(len(b.lines))
		return
	}
	w.putLines(b)
}

// tell writes the line about lines lost so far.
func (w *writer) tell() error {
	var b Batch
	n := w.lost - w.told
	if err := b.add(note(time.Now(), n, "%d lines dropped: writing them failed")); err != nil {
		return err
	}
	if err := w.chunk(b.bytes, b.lines, 0); err != nil {
		return err
	}
	w.told += n
	return nil
}

func (w *writer) putLines(b *Batch) {
	for from := 0; from < len(b.lines); {
		start := 0
		if from > 0 {
			start = b.lines[from-1].end
		}
		to := w.fit(b, from, start)
		end := b.lines[to-1].end
		if err := w.chunk(b.bytes[start:end], b.lines[from:to], start); err != nil {
			w.lose(int64(len(b.lines)-from), err)
			return
		}
		from = to
	}
}

func (w *writer) lose(n int64, err error) {
	w.lost += n
	if w.first == nil {
		w.first = err
	}
}

// fit tells up to which line the batch fits into the file being written, and
// goes on to the next file if not a single one does.
func (w *writer) fit(b *Batch, from, start int) int {
	room := w.fileBytes
	if w.file != nil {
		room -= w.current().Bytes
	}
	to := from
	for to < len(b.lines) && int64(b.lines[to].end-start) <= room {
		to++
	}
	if to > from {
		return to
	}
	if w.file != nil {
		w.rotate()
		return w.fit(b, from, start)
	}
	return from + 1 // longer than a whole file: it gets one of its own
}

func (w *writer) current() *FileInfo { return &w.index.Files[len(w.index.Files)-1] }

// chunk appends lines that fit to the file being written: all or none.
func (w *writer) chunk(bytes []byte, lines []line, start int) error {
	if w.file == nil {
		if err := w.open(); err != nil {
			return err
		}
	}
	if n, err := w.write(w.file, bytes); err != nil {
		return w.unwrite(n, err)
	}
	for _, l := range lines {
		w.current().count(l, l.end-start)
		start = l.end
	}
	return nil
}

// unwrite takes back what a full disk let through of a chunk. Where even that
// fails the half line stays alone in its file, and readers skip it.
func (w *writer) unwrite(n int, cause error) error {
	if n > 0 {
		if err := w.file.Truncate(w.current().Bytes); err != nil {
			w.current().Bytes += int64(n)
			w.rotate()
		}
	}
	return cause
}

func (w *writer) open() error {
	f, err := os.OpenFile(filepath.Join(w.dir, fileName(w.number+1)),
		os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	w.number++
	w.file = f
	w.index.Files = append(w.index.Files, FileInfo{Name: fileName(w.number)})
	return nil
}

// rotate ends the file being written; the next line opens another.
func (w *writer) rotate() {
	w.endFile()
	w.shrink()
	w.saveIndex()
}

func (w *writer) endFile() {
	if w.file == nil {
		return
	}
	if err := w.file.Close(); err != nil && w.first == nil {
		w.first = err
	}
	w.file = nil
}

// saveIndex keeps the index. A failure is no loss: readers count from the files.
func (w *writer) saveIndex() {
	_ = w.index.save(w.dir)
}

// Close implements Sink. A disk is waited for, whatever the context says: there is
// no way to leave a write that has begun.
func (w *writer) Close(context.Context) error {
	defer func() { _ = w.lock.Close() }() // opened for reading only
	if w.lost > w.told {
		_ = w.tell() // already counted; the error below says it too
	}
	w.endFile()
	w.saveIndex()
	if w.lost == 0 {
		return w.first
	}
	return fmt.Errorf("sync log %s: %d lines could not be written: %w", w.dir, w.lost, w.first)
}
