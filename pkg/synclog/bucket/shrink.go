package bucket

import (
	"context"
	"fmt"
	"time"

	"knelt.dev/pkg/synclog"
)

// bound counts what was put and keeps the attempt below its limit. What fails
// here fails nothing else: the next chunk tries it again.
func (s *sink) bound(ctx context.Context, put int64) {
	if s.total != unknown {
		s.total += put
	}
	if s.total != unknown && s.total <= s.limit {
		return
	}
	all, err := s.bucket.chunks(ctx, attemptDir(s.name))
	if err != nil {
		return
	}
	if s.total = size(all); s.total <= s.limit {
		return
	}
	gone, err := s.bucket.drop(ctx, middle(all, s.limit), s.limit)
	s.total -= gone
	if err != nil {
		s.total = unknown
	}
}

func size(all []chunk) (n int64) {
	for _, c := range all {
		n += c.Bytes
	}
	return n
}

// middle chooses the chunks to drop, oldest first. The beginning stays (config,
// catalog, the first error), a quarter of the limit, and so does the end. More is
// dropped than has to be, so that it is not done for every chunk.
func middle(all []chunk, limit int64) []chunk {
	head, from := int64(0), 0
	for from < len(all) && head+all[from].Bytes <= limit/4 && !all[from].isGap() {
		head += all[from].Bytes
		from++
	}
	from = max(from, 1)
	to, left := from, size(all)
	for to < len(all)-1 && left > limit-limit/8 {
		left -= all[to].Bytes
		to++
	}
	return all[min(from, to):to]
}

// drop takes chunks out and tells how many lines are missing in their place. That
// is written first: a kill in between leaves lines twice told, never lost untold.
func (b *Bucket) drop(ctx context.Context, victims []chunk, limit int64) (gone int64, err error) {
	if len(victims) == 0 || len(victims) == 1 && victims[0].isGap() {
		return 0, nil
	}
	var missing int64
	last := time.Time{}
	for _, v := range victims {
		missing += v.missing()
		last = v.Last
	}
	note, err := synclog.Gap(last, missing, fmt.Sprintf(" here: the log of a sync is kept below %d MiB", max(1, limit>>20)))
	if err != nil {
		return 0, err
	}
	first := victims[0]
	if err := b.put(ctx, key(first.dir, first.number, note.Info()), note.Bytes()); err != nil {
		return 0, err
	}
	keys := make([]string, len(victims))
	for i, v := range victims {
		keys[i] = v.Name
	}
	return size(victims) - note.Info().Bytes, b.remove(ctx, keys)
}
