package bucket

import (
	"context"

	"knelt.dev/pkg/synclog"
)

// tail gives the last wanted lines: chunks are fetched from the newest back until
// there are enough.
func (r *reader) tail(ctx context.Context, chunks []chunk, give func(synclog.Entry) error) error {
	var chosen []synclog.Entry
	for i := len(chunks) - 1; i >= 0 && len(chosen) < r.query.Tail; i-- {
		if most, _ := r.query.WantsOf(&chunks[i].FileInfo); most == 0 {
			continue
		}
		entries, err := r.bucket.lines(ctx, chunks[i])
		if err != nil {
			return err
		}
		wanted := make([]synclog.Entry, 0, len(entries))
		for k := range entries {
			if r.query.Wants(&entries[k]) {
				wanted = append(wanted, entries[k])
			}
		}
		chosen = append(wanted, chosen...)
	}
	for _, e := range chosen[max(0, len(chosen)-r.query.Tail):] {
		if err := give(e); err != nil {
			return err
		}
	}
	return nil
}
