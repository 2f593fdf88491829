package synclog

import (
	"fmt"
	"os"
)

// Open opens the log in dir (see Dir) and makes the directory. If there is a log
// already, of an earlier run of the same attempt, it is gone on with. It fails
// if the directory cannot be made, or while another Log has it open.
func Open(dir string, opts Options) (*Log, error) {
	return open(dir, opts, (*os.File).Write)
}

func open(dir string, opts Options, write func(*os.File, []byte) (int, error)) (*Log, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("opening sync log: %w", err)
	}
	held, err := lock(dir)
	if err != nil {
		return nil, fmt.Errorf("opening sync log: %w", err)
	}
	index, err := ReadIndex(dir)
	if err != nil {
		_ = held.Close() // opened for reading only
		return nil, err
	}
	o := opts.withDefaults()
	w := &writer{lock: held, dir: dir, fileBytes: o.FileBytes, totalBytes: o.TotalBytes, write: write, index: index}
	if n := len(index.Files); n > 0 {
		w.number = fileNumber(index.Files[n-1].Name)
	}
	return New(w, opts), nil
}
