package synclog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"time"
)

// pollEvery is how soon a follower sees a new line after it was flushed.
const pollEvery = 100 * time.Millisecond

// Read gives the lines of the log in dir that q chooses, in the order they were
// logged. It may run while the log is written: without Follow it ends with the
// file that is written when it begins. An error is the last thing given;
// one that wraps fs.ErrNotExist means that there is no log. Lines that a kill
// left half written are passed over.
func Read(ctx context.Context, dir string, q Query) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		r := &reader{dir: dir, query: q}
		defer r.close()
		if err := r.read(ctx, yield); err != nil && !errors.Is(err, ErrStopped) {
			yield(Entry{}, fmt.Errorf("reading sync log %s: %w", dir, err))
		}
	}
}

func (r *reader) read(ctx context.Context, yield func(Entry, error) bool) error {
	give := r.query.Page(func(e Entry) error {
		if !yield(e, nil) {
			return ErrStopped
		}
		return ctx.Err()
	})
	if !r.query.Follow {
		if err := r.bounded(); err != nil {
			return err
		}
	}
	if r.query.Tail > 0 {
		if err := r.tail(ctx, give); err != nil {
			return err
		}
	} else if err := r.rest(ctx, give); err != nil {
		return err
	}
	if !r.query.Follow {
		return nil
	}
	return r.follow(ctx, give)
}

// rest gives every wanted line from the place of the reader to the end.
func (r *reader) rest(ctx context.Context, give func(Entry) error) error {
	r.kept = nil
	for {
		// In this order: once there is a next file, this one is complete.
		next, err := r.next()
		if err != nil {
			return err
		}
		if err := r.file(give); err != nil || next == 0 {
			return err
		}
		if err := r.goTo(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// follow gives new lines until nobody writes the log any more.
func (r *reader) follow(ctx context.Context, give func(Entry) error) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		live := written(r.dir)
		if err := r.rest(ctx, give); err != nil {
			return err
		}
		if !live {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// file gives the wanted lines of the reader's file from where it stands.
func (r *reader) file(give func(Entry) error) error {
	for {
		e, err := r.line()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if !r.query.Wants(&e) {
			continue
		}
		if err := give(e); err != nil {
			return err
		}
	}
}
