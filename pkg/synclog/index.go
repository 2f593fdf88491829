package synclog

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const indexName = "index.json"

// Index tells what is in the files of one log, so that a reader opens only those
// it needs and a dashboard counts errors without reading any.
type Index struct {
	Files []FileInfo `json:"files"`
}

// FileInfo is one file of a log.
type FileInfo struct {
	Name  string    `json:"name"`
	Bytes int64     `json:"bytes"`
	Lines int64     `json:"lines"`
	First time.Time `json:"first,omitzero"`
	Last  time.Time `json:"last,omitzero"`
	// Counts are the lines by origin and level.
	Counts map[Origin]map[Level]int64 `json:"counts"`
	// Dropped is the sum of what the file's lines say is missing.
	Dropped int64 `json:"dropped,omitempty"`
}

// Lines is the number of lines of one origin and level over all files.
func (x Index) Lines(o Origin, l Level) int64 {
	var n int64
	for _, f := range x.Files {
		n += f.Counts[o][l]
	}
	return n
}

// Dropped is the number of lines that were logged but are not in the files.
func (x Index) Dropped() int64 {
	var n int64
	for _, f := range x.Files {
		n += f.Dropped
	}
	return n
}

func (f *FileInfo) count(l line, bytes int) {
	if f.Lines == 0 || l.time.Before(f.First) {
		f.First = l.time
	}
	if f.Lines == 0 || l.time.After(f.Last) {
		f.Last = l.time
	}
	f.Lines++
	f.Bytes += int64(bytes)
	f.Dropped += l.dropped
	if f.Counts == nil {
		f.Counts = map[Origin]map[Level]int64{}
	}
	if f.Counts[l.origin] == nil {
		f.Counts[l.origin] = map[Level]int64{}
	}
	f.Counts[l.origin][l.level]++
}

// ReadIndex gives the index of the log in dir. What the kept index does not know
// (the file being written, or anything after a kill) is counted from the files;
// nothing is written.
func ReadIndex(dir string) (Index, error) {
	found, err := numbers(dir)
	if err != nil {
		return Index{}, fmt.Errorf("reading sync log: %w", err)
	}
	kept := loadIndex(dir)
	index := Index{Files: []FileInfo{}}
	for _, n := range found {
		info, err := describe(dir, n, kept)
		if errors.Is(err, fs.ErrNotExist) {
			continue // its writer has dropped it since
		}
		if err != nil {
			return Index{}, fmt.Errorf("reading sync log: %w", err)
		}
		index.Files = append(index.Files, info)
	}
	return index, nil
}

// describe takes a file's description from the kept index if it still fits the
// file, and counts otherwise.
func describe(dir string, n int, kept map[string]FileInfo) (FileInfo, error) {
	name := fileName(n)
	stat, err := os.Stat(filepath.Join(dir, name))
	if err != nil {
		return FileInfo{}, err
	}
	if info, ok := kept[name]; ok && info.Bytes == stat.Size() {
		return info, nil
	}
	return scan(dir, n)
}

// loadIndex reads the kept index. A missing or damaged one is an empty one: it
// is only ever a saving of work.
func loadIndex(dir string) map[string]FileInfo {
	kept := map[string]FileInfo{}
	data, err := os.ReadFile(filepath.Join(dir, indexName))
	var index Index
	if err != nil || json.Unmarshal(data, &index) != nil {
		return kept
	}
	for _, f := range index.Files {
		kept[f.Name] = f
	}
	return kept
}

func (x Index) save(dir string) error {
	data, err := json.MarshalIndent(x, "", " ")
	if err != nil {
		return err
	}
	return replaceFile(filepath.Join(dir, indexName), append(data, '\n'))
}

// scan counts the whole lines of a file.
func scan(dir string, n int) (FileInfo, error) {
	info := FileInfo{Name: fileName(n)}
	f, err := os.Open(filepath.Join(dir, info.Name))
	if err != nil {
		return info, err
	}
	defer func() { _ = f.Close() }() // opened for reading only
	r := bufio.NewReaderSize(f, 64<<10)
	for {
		raw, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			// A half line left by a kill has a size but is no line.
			info.Bytes += int64(len(raw))
			return info, nil
		}
		if err != nil {
			return info, err
		}
		e, ok := Decode(raw)
		if !ok {
			info.Bytes += int64(len(raw))
			continue
		}
		info.count(line{time: e.Time, level: e.Level, origin: e.Origin, dropped: e.dropped()}, len(raw))
	}
}

// Decode reads one line; false for what no writer of this package wrote whole.
func Decode(raw []byte) (Entry, bool) {
	var e Entry
	err := json.Unmarshal(raw, &e)
	return e, err == nil && e.Origin != ""
}
