package redis

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"

	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/internal/rules"
)

// Connections lists the connections; see store.Store. Names in the index whose
// first lease was never given are left out.
func (s *Store) Connections(ctx context.Context) ([]string, error) {
	const op = "list the connections"
	names, err := s.db.SMembers(ctx, s.keys.index()).Result()
	if err != nil {
		return nil, explain(ctx, op, err)
	}
	exist := make([]*redis.IntCmd, len(names))
	_, err = s.db.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, name := range names {
			exist[i] = p.Exists(ctx, s.keys.connection(name))
		}
		return nil
	})
	if err != nil {
		return nil, explain(ctx, op, err)
	}
	var known []string
	for i, name := range names {
		if exist[i].Val() == 1 {
			known = append(known, name)
		}
	}
	slices.Sort(known)
	return known, nil
}

// The fields of a kept config.
const (
	fieldBase   = "base"
	fieldConfig = "config"
)

// Config reads a kept config; see store.Store.
func (s *Store) Config(ctx context.Context, resource string) (store.Config, bool, error) {
	f, err := s.db.HGetAll(ctx, s.keys.config(resource)).Result()
	if err != nil {
		return store.Config{}, false, explain(ctx, fmt.Sprintf("read the config of %s", resource), err)
	}
	if len(f) == 0 {
		return store.Config{}, false, nil
	}
	return store.Config{Base: f[fieldBase], Config: json.RawMessage(f[fieldConfig])}, true, nil
}

// SaveConfig keeps a config; see store.Store.
func (s *Store) SaveConfig(ctx context.Context, resource string, c store.Config) error {
	if err := rules.Config(resource, c); err != nil {
		return err
	}
	err := s.db.HSet(ctx, s.keys.config(resource), fieldBase, c.Base, fieldConfig, []byte(c.Config)).Err()
	return explain(ctx, fmt.Sprintf("save the config of %s", resource), err)
}
