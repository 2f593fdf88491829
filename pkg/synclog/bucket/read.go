package bucket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"time"

	"knelt.dev/pkg/synclog"
)

// pollEvery is how soon a follower sees a new chunk.
const pollEvery = time.Second

// Read gives the lines of an attempt's log that q chooses: those of each relay in
// the order they were logged, one relay after the other. It may run while the log
// is written; a follower sees a line within FlushEvery and a second. An error is
// the last thing given; one that wraps fs.ErrNotExist means that there is no log.
func (b *Bucket) Read(ctx context.Context, n synclog.Name, q synclog.Query) iter.Seq2[synclog.Entry, error] {
	return func(yield func(synclog.Entry, error) bool) {
		r := &reader{bucket: b, name: n, query: q, seen: map[string]*seen{}}
		give := func(e synclog.Entry) error {
			if !yield(e, nil) {
				return synclog.ErrStopped
			}
			return ctx.Err()
		}
		if err := r.read(ctx, give); err != nil && !errors.Is(err, synclog.ErrStopped) {
			yield(synclog.Entry{}, fmt.Errorf("reading sync log %s: %w", b.Where(n), err))
		}
	}
}

// Index gives the index of an attempt's log. Its files are the chunks.
func (b *Bucket) Index(ctx context.Context, n synclog.Name) (synclog.Index, error) {
	dir := attemptDir(n)
	all, err := b.chunks(ctx, dir)
	if err == nil && len(all) == 0 {
		err = fs.ErrNotExist
	}
	if err != nil {
		return synclog.Index{}, fmt.Errorf("reading sync log %s: %w", b.Where(n), err)
	}
	index := synclog.Index{}
	for _, c := range all {
		c.Name = path.Join(path.Base(c.dir), path.Base(c.Name))
		index.Files = append(index.Files, c.FileInfo)
	}
	return index, nil
}

// lines fetches a chunk. One that was dropped since it was listed has none.
func (b *Bucket) lines(ctx context.Context, c chunk) ([]synclog.Entry, error) {
	data, err := b.blobs.ReadAll(ctx, c.Name)
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var entries []synclog.Entry
	for raw := range bytes.Lines(data) {
		if e, ok := synclog.Decode(raw); ok {
			entries = append(entries, e)
		}
	}
	return entries, nil
}
