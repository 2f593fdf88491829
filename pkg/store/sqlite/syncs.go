package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/internal/rules"
)

// Generations reads the generations; see store.Store.
func (s *Store) Generations(ctx context.Context, connection string) (map[airbyte.Descriptor]int64, error) {
	g := map[airbyte.Descriptor]int64{}
	err := s.each(ctx, fmt.Sprintf("read the generations of connection %q", connection),
		"SELECT namespace, name, generation FROM generations WHERE connection = ?", []any{connection},
		func(rows *sql.Rows) error {
			var d airbyte.Descriptor
			var n int64
			err := rows.Scan(&d.Namespace, &d.Name, &n)
			g[d] = n
			return err
		})
	return g, err
}

// Sync reads one record; see store.Store.
func (s *Store) Sync(ctx context.Context, connection string, id int64) (store.SyncRecord, error) {
	var b []byte
	err := s.db.QueryRowContext(ctx, "SELECT record FROM syncs WHERE connection = ? AND id = ?", connection, id).Scan(&b)
	if errors.Is(err, sql.ErrNoRows) {
		return store.SyncRecord{}, rules.NoSync(connection, id)
	}
	if err != nil {
		return store.SyncRecord{}, s.explain(fmt.Sprintf("read sync %d of connection %q", id, connection), err)
	}
	return rules.Decode(connection, id, b)
}

// Syncs reads some records; see store.Store.
func (s *Store) Syncs(ctx context.Context, connection string, before int64, limit int) ([]store.SyncRecord, error) {
	var list []store.SyncRecord
	err := s.each(ctx, fmt.Sprintf("read the syncs of connection %q", connection),
		"SELECT id, record FROM syncs WHERE connection = ?1 AND (?2 = 0 OR id < ?2) ORDER BY id DESC LIMIT ?3",
		[]any{connection, before, max(limit, 0)},
		func(rows *sql.Rows) error {
			var id int64
			var b []byte
			if err := rows.Scan(&id, &b); err != nil {
				return err
			}
			r, err := rules.Decode(connection, id, b)
			list = append(list, r)
			return err
		})
	if err != nil {
		return nil, err
	}
	return list, nil
}

func (l *lease) Begin(ctx context.Context, b store.Begin) (store.SyncRecord, error) {
	const op = "begin a sync"
	r, err := rules.Record(l.connection, b.Sync)
	if err != nil {
		return store.SyncRecord{}, err
	}
	err = l.write(ctx, op, func(tx *sql.Tx) error {
		if r.ID == 0 {
			if r.ID, err = l.nextID(ctx, tx); err != nil {
				return err
			}
		} else if err := l.exists(ctx, tx, r.ID); err != nil {
			return err
		}
		if err := l.setGenerations(ctx, tx, b.Generations); err != nil {
			return err
		}
		if err := l.clear(ctx, tx, op, b.Restart); err != nil {
			return err
		}
		if err := l.show(ctx, tx, r.ID); err != nil {
			return err
		}
		return l.keep(ctx, tx, r)
	})
	if err != nil {
		return store.SyncRecord{}, err
	}
	return r, nil
}

func (l *lease) SaveSync(ctx context.Context, r store.SyncRecord) error {
	r, err := rules.Record(l.connection, r)
	if err != nil {
		return err
	}
	return l.write(ctx, "save a sync", func(tx *sql.Tx) error {
		if err := l.exists(ctx, tx, r.ID); err != nil {
			return err
		}
		if r.Status == store.Running {
			if err := l.show(ctx, tx, r.ID); err != nil {
				return err
			}
		}
		return l.keep(ctx, tx, r)
	})
}

// show names the sync in the lease, for those who watch it.
func (l *lease) show(ctx context.Context, tx *sql.Tx, id int64) error {
	_, err := tx.ExecContext(ctx, "UPDATE connections SET sync = ? WHERE name = ?", id, l.connection)
	return err
}

func (l *lease) nextID(ctx context.Context, tx *sql.Tx) (id int64, err error) {
	err = tx.QueryRowContext(ctx, "UPDATE connections SET last_sync = last_sync + 1 WHERE name = ? RETURNING last_sync",
		l.connection).Scan(&id)
	return id, err
}

func (l *lease) exists(ctx context.Context, tx *sql.Tx, id int64) error {
	var n int
	err := tx.QueryRowContext(ctx, "SELECT count(*) FROM syncs WHERE connection = ? AND id = ?", l.connection, id).Scan(&n)
	if err == nil && n == 0 {
		return rules.NoSync(l.connection, id)
	}
	return err
}

func (l *lease) setGenerations(ctx context.Context, tx *sql.Tx, g map[airbyte.Descriptor]int64) error {
	for d, n := range g {
		_, err := tx.ExecContext(ctx, `INSERT INTO generations (connection, namespace, name, generation)
			VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET generation = excluded.generation`,
			l.connection, d.Namespace, d.Name, n)
		if err != nil {
			return err
		}
	}
	return nil
}

// keep writes a record and drops old history.
func (l *lease) keep(ctx context.Context, tx *sql.Tx, r store.SyncRecord) error {
	b, err := rules.Encode(r)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO syncs (connection, id, status, record) VALUES (?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET status = excluded.status, record = excluded.record`,
		l.connection, r.ID, string(r.Status), b)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM syncs WHERE connection = ?1 AND status <> ?2 AND id NOT IN
		(SELECT id FROM syncs WHERE connection = ?1 ORDER BY id DESC LIMIT ?3)`,
		l.connection, string(store.Running), l.s.opts.History)
	return err
}
