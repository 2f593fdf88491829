package redis

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/redis/go-redis/v9"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/internal/rules"
)

// Generations reads the generations; see store.Store.
func (s *Store) Generations(ctx context.Context, connection string) (map[airbyte.Descriptor]int64, error) {
	op := fmt.Sprintf("read the generations of connection %q", connection)
	fields, err := s.db.HGetAll(ctx, s.keys.generations(connection)).Result()
	if err != nil {
		return nil, explain(ctx, op, err)
	}
	g := make(map[airbyte.Descriptor]int64, len(fields))
	for field, value := range fields {
		d, err := parseStreamField(field)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		if g[d], err = strconv.ParseInt(value, 10, 64); err != nil {
			return nil, fmt.Errorf("%s: stream %q: %w", op, d, err)
		}
	}
	return g, nil
}

// Sync reads one record; see store.Store.
func (s *Store) Sync(ctx context.Context, connection string, id int64) (store.SyncRecord, error) {
	b, err := s.db.HGet(ctx, s.keys.of("syncs", connection), strconv.FormatInt(id, 10)).Bytes()
	if errors.Is(err, redis.Nil) {
		return store.SyncRecord{}, rules.NoSync(connection, id)
	}
	if err != nil {
		return store.SyncRecord{}, explain(ctx, fmt.Sprintf("read sync %d of connection %q", id, connection), err)
	}
	return rules.Decode(connection, id, b)
}

// Syncs reads some records; see store.Store.
func (s *Store) Syncs(ctx context.Context, connection string, before int64, limit int) ([]store.SyncRecord, error) {
	op := fmt.Sprintf("read the syncs of connection %q", connection)
	below := "+inf"
	if before != 0 {
		below = "(" + strconv.FormatInt(before, 10)
	}
	answer, err := s.run(ctx, syncsScript, connection, below, max(limit, 0))
	if err != nil {
		return nil, explain(ctx, op, err)
	}
	var list []store.SyncRecord
	for pair := range slices.Chunk(answer, 2) {
		_, texts := split(append([]any{""}, pair...))
		id, err := strconv.ParseInt(first(texts), 10, 64)
		if err != nil || len(texts) != 2 {
			return nil, fmt.Errorf("%s: Redis gave an answer that makes no sense", op)
		}
		r, err := rules.Decode(connection, id, []byte(texts[1]))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		list = append(list, r)
	}
	return list, nil
}

func (l *lease) Begin(ctx context.Context, b store.Begin) (store.SyncRecord, error) {
	r, err := l.keep(ctx, "begin a sync", "begin", b)
	if err != nil {
		return store.SyncRecord{}, err
	}
	return r, nil
}

func (l *lease) SaveSync(ctx context.Context, r store.SyncRecord) error {
	if r.ID == 0 {
		return rules.NoSync(l.connection, 0)
	}
	_, err := l.keep(ctx, "save a sync", "save", store.Begin{Sync: r})
	return err
}

func (l *lease) keep(ctx context.Context, op, what string, b store.Begin) (store.SyncRecord, error) {
	r, err := rules.Record(l.connection, b.Sync)
	if err != nil {
		return r, err
	}
	record, err := rules.Encode(r)
	if err != nil {
		return r, err
	}
	streams := slices.SortedFunc(maps.Keys(b.Generations), store.CompareStreams)
	id, err := l.cutting(ctx, op, b.Restart, syncScript, func(before string, after []byte) []any {
		args := []any{what, strconv.FormatInt(r.ID, 10), string(r.Status), record, l.s.history, before, after, len(streams)}
		for _, d := range streams {
			args = append(args, streamField(d), b.Generations[d])
		}
		return append(args, streamFields(b.Restart)...)
	})
	if err != nil {
		return r, err
	}
	r.ID, err = strconv.ParseInt(id, 10, 64)
	return r, err
}
