package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"knelt.dev/cmd/knelt/internal/report"
	"knelt.dev/events"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/store"
)

// sync has a server sync a connection, and shows how it goes until it has ended.
// Ctrl-C ends the showing alone.
func (f *far) sync(ctx context.Context, o *syncOptions) error {
	ref, err := f.one(ctx, o.connection)
	if err != nil {
		return err
	}
	wish := api.SyncWish{Kind: api.KindSync}
	if o.reset {
		wish.Kind = api.KindReset
	}
	if wish.Refresh, err = f.streams(ctx, ref, o.streams); err != nil {
		return err
	}
	accepted, err := f.StartSync(ctx, ref, wish)
	if err != nil {
		return err
	}
	if o.noWait {
		fmt.Fprintf(f.stdout, "%s: will be synced\n", ref)
		return nil
	}
	id, err := f.await(ctx, ref, accepted)
	if err == nil {
		err = f.watch(ctx, o, ref, id)
	}
	if err != nil && ctx.Err() != nil {
		fmt.Fprintf(f.stderr, "the sync of %s goes on; knelt cancel ends it\n", ref)
	}
	return err
}

// streams finds the streams that users name, among those the server knows.
func (f *far) streams(ctx context.Context, ref events.Ref, names []string) ([]airbyte.Descriptor, error) {
	if len(names) == 0 {
		return nil, nil
	}
	d, err := f.Connection(ctx, ref)
	if err != nil {
		return nil, err
	}
	var known, all []airbyte.Descriptor
	for _, s := range d.Streams {
		known = append(known, airbyte.Descriptor{Namespace: s.Namespace, Name: s.Name})
	}
	for _, name := range names {
		stream, err := findStream(name, known)
		if err != nil {
			return nil, err
		}
		all = append(all, stream)
	}
	return all, nil
}

// await waits until what was accepted has become a sync.
func (f *far) await(ctx context.Context, ref events.Ref, a api.Accepted) (int64, error) {
	for {
		for row, err := range f.Syncs(ctx, ref, 1) {
			if err != nil {
				return 0, err
			}
			if row.Due.Equal(a.Due) {
				return row.ID, nil
			}
			break
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(300 * time.Millisecond):
		}
	}
}

// watch shows how a sync goes, and how it has ended.
func (f *far) watch(ctx context.Context, o *syncOptions, ref events.Ref, id int64) error {
	for p, err := range f.FollowSync(ctx, ref, id) {
		if err != nil {
			return err
		}
		if o.json {
			if err := f.printIndentedValue(p); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(f.stdout, "sync %d-%d %s: %s, %s MB\n", p.ID, p.Attempt, p.Status, report.Plural(p.Records, "row"), report.Megabytes(float64(p.Bytes)))
	}
	s, err := f.Sync(ctx, ref, id)
	if err != nil {
		return err
	}
	return f.ended(o, s)
}

func (f *far) ended(o *syncOptions, s api.Sync) error {
	if n := len(s.Attempts); n > 0 && s.Attempts[n-1].Ledger != nil && !o.json {
		report.Ledger(f.stdout, s.Attempts[n-1].Ledger, f.style)
	}
	if s.Status == api.Succeeded {
		return nil
	}
	for _, reason := range s.Reasons {
		fmt.Fprint(f.stderr, report.Item(reason))
	}
	if s.Status == api.Running {
		return errors.New("the sync goes on, and the server tells no more of it")
	}
	return &endedError{store.Status(s.Status)}
}
