package bucket

import (
	"cmp"
	"context"
	"io/fs"
	"slices"
	"time"

	"knelt.dev/pkg/synclog"
)

// reader stands at a place in a log: what it has seen of each writer.
type reader struct {
	bucket *Bucket
	name   synclog.Name
	query  synclog.Query
	seen   map[string]*seen // by the writers' folders
	last   string           // the writer with the highest epoch
}

// seen is what was seen of a writer.
type seen struct {
	number int
	ended  bool // it writes no more
}

func (r *reader) read(ctx context.Context, give func(synclog.Entry) error) error {
	found, err := r.next(ctx)
	if err != nil {
		return err
	}
	if len(r.seen) == 0 {
		if running, err := r.running(ctx); err != nil || !running {
			return cmp.Or(err, fs.ErrNotExist)
		}
	}
	found = r.passOver(found)
	give = r.query.Page(give)
	if r.query.Tail > 0 {
		err = r.tail(ctx, found, give)
	} else {
		err = r.give(ctx, found, give)
	}
	if err != nil || !r.query.Follow {
		return err
	}
	return r.follow(ctx, give)
}

// passOver leaves out the chunks that Query.Skip leaves out whole.
func (r *reader) passOver(chunks []chunk) []chunk {
	for i := range chunks {
		n, exact := r.query.WantsOf(&chunks[i].FileInfo)
		if !exact || n > int64(r.query.Skip) || r.query.Skip == 0 {
			return chunks[i:]
		}
		r.query.Skip -= int(n)
	}
	return nil
}

// next lists the chunks that are new since it was last called. Writers that have
// ended are not listed again.
func (r *reader) next(ctx context.Context) ([]chunk, error) {
	writers, err := r.bucket.dirs(ctx, attemptDir(r.name))
	if err != nil {
		return nil, err
	}
	var found []chunk
	for _, dir := range writers {
		if r.seen[dir] == nil {
			r.seen[dir] = &seen{}
		}
		r.last = max(r.last, dir)
		if r.seen[dir].ended {
			continue
		}
		more, err := r.ofWriter(ctx, dir)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	return found, nil
}

func (r *reader) ofWriter(ctx context.Context, dir string) ([]chunk, error) {
	s := r.seen[dir]
	var found []chunk
	err := r.bucket.each(ctx, dir, func(o object) {
		c, ok := parse(o.key, o.bytes)
		switch {
		case o.key == dir+endName:
			s.ended = true
		case ok && c.number > s.number:
			found = append(found, c)
		}
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b chunk) int { return a.number - b.number })
	for _, c := range found {
		s.number = c.number
	}
	return found, nil
}

// give gives the wanted lines of chunks; a few are fetched ahead.
func (r *reader) give(ctx context.Context, chunks []chunk, give func(synclog.Entry) error) error {
	chunks = slices.DeleteFunc(chunks, func(c chunk) bool {
		most, _ := r.query.WantsOf(&c.FileInfo)
		return most == 0
	})
	return r.bucket.fetch(ctx, chunks, func(_ chunk, entries []synclog.Entry) error {
		for i := range entries {
			if !r.query.Wants(&entries[i]) {
				continue
			}
			if err := give(entries[i]); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
}

// follow gives new lines until nobody writes the log any more.
func (r *reader) follow(ctx context.Context, give func(synclog.Entry) error) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		running, err := r.running(ctx) // before the listing: what it wrote is then listed
		if err != nil {
			return err
		}
		found, err := r.next(ctx)
		if err != nil {
			return err
		}
		if err := r.give(ctx, found, give); err != nil {
			return err
		}
		if !running {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// running tells whether more lines may come.
func (r *reader) running(ctx context.Context) (bool, error) {
	if !r.query.Follow {
		return false, nil
	}
	if r.bucket.opts.Running != nil {
		return r.bucket.opts.Running(ctx, r.name)
	}
	s := r.seen[r.last]
	return s != nil && !s.ended, nil
}
