package synclog

import (
	"context"
	"errors"
	"io/fs"
)

// tail gives the last wanted lines and leaves the reader at the end. It reads
// files from the newest back and stops when it has enough.
func (r *reader) tail(ctx context.Context, give func(Entry) error) error {
	found, err := numbers(r.dir)
	if err != nil {
		return err
	}
	chosen, err := r.lastOf(ctx, found)
	if err != nil {
		return err
	}
	for _, e := range chosen {
		if err := give(e); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) lastOf(ctx context.Context, found []int) ([]Entry, error) {
	// The reader of the newest file becomes r: following goes on where it stands.
	newest := &reader{dir: r.dir, query: r.query}
	var chosen []Entry
	for i := len(found) - 1; i >= 0 && len(chosen) < r.query.Tail; i-- {
		from := newest
		if i < len(found)-1 {
			from = &reader{dir: r.dir, query: r.query}
		}
		older, err := from.last(ctx, found[i], r.query.Tail-len(chosen))
		if from != newest {
			from.close()
		}
		if err != nil {
			newest.close()
			return nil, err
		}
		chosen = append(older, chosen...)
	}
	*r = *newest
	return chosen, nil
}

// last gives the last n wanted lines of one file.
func (r *reader) last(ctx context.Context, number, n int) ([]Entry, error) {
	if err := r.goTo(number); errors.Is(err, fs.ErrNotExist) {
		return nil, nil // its writer has dropped it since
	} else if err != nil {
		return nil, err
	}
	var kept []Entry
	err := r.file(func(e Entry) error {
		if len(kept) == 2*n {
			kept = append(kept[:0], kept[n:]...)
		}
		kept = append(kept, e)
		return ctx.Err()
	})
	return kept[max(0, len(kept)-n):], err
}
