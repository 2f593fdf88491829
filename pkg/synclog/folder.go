package synclog

import (
	"context"
	"iter"
)

// Folder keeps logs in a folder of this machine.
type Folder struct {
	Path string
	// Keep is how many logs are kept of a connection, KeepBytes how many bytes of
	// all; 0 is no limit.
	Keep      int
	KeepBytes int64
}

// Open opens the log of an attempt for writing, see the function Open. There is
// one writer at a time, so it needs no epoch.
func (f Folder) Open(n Name, _ int64, opts Options) (*Log, error) {
	return Open(f.dir(n), opts)
}

// Read reads the log of an attempt, see the function Read.
func (f Folder) Read(ctx context.Context, n Name, q Query) iter.Seq2[Entry, error] {
	return Read(ctx, f.dir(n), q)
}

// Index gives the index of an attempt's log, see ReadIndex.
func (f Folder) Index(_ context.Context, n Name) (Index, error) { return ReadIndex(f.dir(n)) }

// Where tells people where the log is.
func (f Folder) Where(n Name) string { return f.dir(n) }

// Tidy makes room, after an attempt has ended, for the next ones.
func (f Folder) Tidy(context.Context, string) error {
	_, err := Prune(f.Path, f.Keep, f.KeepBytes)
	return err
}

func (f Folder) dir(n Name) string { return Dir(f.Path, n.Connection, n.Sync, n.Attempt) }
