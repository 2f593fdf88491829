package bucket

import (
	"context"

	"knelt.dev/pkg/synclog"
)

// fetched is a chunk's lines, once they are there.
type fetched struct {
	entries []synclog.Entry
	err     error
}

// fetch calls do for each chunk in order, while the next ones are on their way.
func (b *Bucket) fetch(ctx context.Context, chunks []chunk, do func(chunk, []synclog.Entry) error) error {
	ctx, cancel := context.WithCancel(ctx)
	coming := make(chan chan fetched, atOnce)
	defer func() {
		cancel()
		for one := range coming {
			<-one
		}
	}()
	go func() {
		defer close(coming)
		for _, c := range chunks {
			one := make(chan fetched, 1)
			select {
			case coming <- one:
			case <-ctx.Done():
				return
			}
			go func() {
				entries, err := b.lines(ctx, c)
				one <- fetched{entries, err}
			}()
		}
	}()
	for _, c := range chunks {
		one, ok := <-coming
		if !ok {
			return ctx.Err()
		}
		got := <-one
		if got.err != nil {
			return got.err
		}
		if err := do(c, got.entries); err != nil {
			return err
		}
	}
	return nil
}
