package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/internal/rules"
)

// Connections lists the connections; see store.Store.
func (s *Store) Connections(ctx context.Context) ([]string, error) {
	var names []string
	err := s.each(ctx, "list the connections", "SELECT name FROM connections ORDER BY name", nil,
		func(rows *sql.Rows) error {
			var name string
			err := rows.Scan(&name)
			names = append(names, name)
			return err
		})
	if err != nil {
		return nil, err
	}
	return names, nil
}

// Config reads a kept config; see store.Store.
func (s *Store) Config(ctx context.Context, resource string) (store.Config, bool, error) {
	var c store.Config
	var b []byte
	err := s.db.QueryRowContext(ctx, "SELECT base, config FROM configs WHERE resource = ?", resource).Scan(&c.Base, &b)
	if errors.Is(err, sql.ErrNoRows) {
		return store.Config{}, false, nil
	}
	if err != nil {
		return store.Config{}, false, s.explain(fmt.Sprintf("read the config of %s", resource), err)
	}
	c.Config = b
	return c, true, nil
}

// SaveConfig keeps a config; see store.Store.
func (s *Store) SaveConfig(ctx context.Context, resource string, c store.Config) error {
	if err := rules.Config(resource, c); err != nil {
		return err
	}
	return s.write(ctx, fmt.Sprintf("save the config of %s", resource), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO configs (resource, base, config) VALUES (?, ?, ?)
			ON CONFLICT DO UPDATE SET base = excluded.base, config = excluded.config`, resource, c.Base, []byte(c.Config))
		return err
	})
}
