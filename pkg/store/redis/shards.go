package redis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"knelt.dev/pkg/store"
)

// shards is how many parts the plans are kept in, each in a slot of its own: a
// plan and the index of due times are written together, and a cluster spreads
// them. It is part of the form of what is kept.
const shards = 16

// perShard bounds what one script reads: others wait for it.
const perShard = 1000

func shardOf(connection string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(connection)) // a hash refuses nothing
	return int(h.Sum32() % shards)
}

// DuePlans reads the plans that are due, of all shards at once; see store.Plans.
func (s *Store) DuePlans(ctx context.Context, until time.Time, limit int) ([]store.Plan, error) {
	parts, err := s.ofShards(ctx, "read the plans that are due", "due", strconv.FormatInt(until.UnixMilli(), 10), min(max(limit, 0), perShard))
	if err != nil {
		return nil, err
	}
	all := slices.Concat(parts[:]...)
	slices.SortFunc(all, func(a, b store.Plan) int {
		return cmp.Or(a.Next.Compare(b.Next), strings.Compare(a.Connection, b.Connection))
	})
	return all[:min(len(all), max(limit, 0))], nil
}

// Plans lists plans; see store.Plans. Of each shard it reads its share of limit
// and some more. Where a shard may have further names, only those before its
// last one are certain to be without a gap.
func (s *Store) Plans(ctx context.Context, after string, limit int) ([]store.Plan, string, error) {
	limit = max(limit, 1)
	share := min(limit, perShard, limit/shards+limit/shards/4+8)
	from := "-"
	if after != "" {
		from = "(" + after
	}
	parts, err := s.ofShards(ctx, "list the plans", "names", from, share)
	if err != nil {
		return nil, "", err
	}
	certain, more := "", false
	for _, part := range parts {
		if len(part) == share && (!more || part[share-1].Connection < certain) {
			certain, more = part[share-1].Connection, true
		}
	}
	all := slices.Concat(parts[:]...)
	slices.SortFunc(all, func(a, b store.Plan) int { return strings.Compare(a.Connection, b.Connection) })
	if more {
		all = slices.DeleteFunc(all, func(p store.Plan) bool { return p.Connection > certain })
	}
	if len(all) > limit {
		all, more = all[:limit], true
	}
	if !more {
		return all, "", nil
	}
	return all, all[len(all)-1].Connection, nil
}

// ofShards runs the reading script on all shards side by side.
func (s *Store) ofShards(ctx context.Context, op, what, from string, limit int) (parts [shards][]store.Plan, err error) {
	var errs [shards]error
	var all sync.WaitGroup
	for i := range shards {
		all.Go(func() { parts[i], errs[i] = s.ofShard(ctx, op, i, what, from, limit) })
	}
	all.Wait()
	return parts, errors.Join(errs[:]...)
}

func (s *Store) ofShard(ctx context.Context, op string, shard int, what, from string, limit int) ([]store.Plan, error) {
	answer, err := plansScript.Run(ctx, s.db, s.keys.plans(shard), what, from, limit).StringSlice()
	if err != nil {
		return nil, explain(ctx, op, err)
	}
	list := make([]store.Plan, 0, len(answer)/2)
	for pair := range slices.Chunk(answer, 2) {
		p, err := decodePlan(pair[0], pair[1])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		list = append(list, p)
	}
	return list, nil
}
