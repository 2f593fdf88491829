package bucket

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Tidy removes logs of a connection's old attempts, see Options.Keep and KeepFor.
// What it has not got round to when ctx ends is for the next time.
func (b *Bucket) Tidy(ctx context.Context, connection string) error {
	if _, err := b.tidy(ctx, connectionDir(connection)); ctx.Err() == nil {
		return err
	}
	return nil
}

// Sweep does what Tidy does for every connection, also those that are not synced
// any more, and gives how many logs it removed, also together with an error.
func (b *Bucket) Sweep(ctx context.Context) (removed int, err error) {
	namespaces, err := b.dirs(ctx, "")
	if err != nil {
		return 0, fmt.Errorf("sweeping sync logs: %w", err)
	}
	var failures []error
	for _, ns := range namespaces {
		connections, err := b.dirs(ctx, ns)
		failures = append(failures, err)
		for _, c := range connections {
			n, err := b.tidy(ctx, c)
			removed += n
			failures = append(failures, err)
		}
	}
	return removed, errors.Join(failures...)
}

func (b *Bucket) tidy(ctx context.Context, dir string) (removed int, err error) {
	attempts, err := b.dirs(ctx, dir)
	for i := 0; err == nil && i < len(attempts); i++ {
		var keys []string
		var last time.Time
		err = b.each(ctx, attempts[i], func(o object) {
			keys = append(keys, o.key)
			if o.changed.After(last) {
				last = o.changed
			}
		})
		surplus := b.opts.Keep > 0 && len(attempts)-i > b.opts.Keep
		old := b.opts.KeepFor > 0 && time.Since(last) > b.opts.KeepFor
		if err != nil || !surplus && !old {
			break // those after it are newer
		}
		if err = b.remove(ctx, keys); err == nil {
			removed++
		}
	}
	if err != nil {
		return removed, fmt.Errorf("pruning sync logs in %s%s: %w", b.where, dir, err)
	}
	return removed, nil
}
