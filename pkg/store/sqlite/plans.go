package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/internal/rules"
)

// Plan reads a plan; see store.Plans.
func (s *Store) Plan(ctx context.Context, connection string) (store.Plan, error) {
	var b []byte
	err := s.db.QueryRowContext(ctx, "SELECT plan FROM plans WHERE connection = ?", connection).Scan(&b)
	if errors.Is(err, sql.ErrNoRows) {
		return store.Plan{}, rules.NoPlan(connection)
	}
	if err != nil {
		return store.Plan{}, s.explain(fmt.Sprintf("read the plan of connection %q", connection), err)
	}
	return rules.DecodePlan(connection, b)
}

// SavePlan keeps a plan; see store.Plans.
func (s *Store) SavePlan(ctx context.Context, p store.Plan) (store.Plan, error) {
	kept, err := rules.NextPlan(p)
	if err != nil {
		return p, err
	}
	b, err := rules.EncodePlan(kept)
	if err != nil {
		return p, err
	}
	err = s.write(ctx, fmt.Sprintf("save the plan of connection %q", p.Connection), func(tx *sql.Tx) error {
		var version int64
		var plan []byte
		err := tx.QueryRowContext(ctx, "SELECT version, plan FROM plans WHERE connection = ?", p.Connection).Scan(&version, &plan)
		switch {
		case err != nil && !errors.Is(err, sql.ErrNoRows):
			return err
		case bytes.Equal(plan, b):
			return nil // made already: the answer was lost
		case version != p.Version:
			return &store.ConflictError{Connection: p.Connection}
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO plans (connection, version, next, plan) VALUES (?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET version = excluded.version, next = excluded.next, plan = excluded.plan`,
			p.Connection, kept.Version, millis(kept.Next), b)
		return err
	})
	if err != nil {
		return p, err
	}
	return kept, nil
}

// millis is a time as the tables have it; NULL is none.
func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// DropPlan forgets a plan; see store.Plans.
func (s *Store) DropPlan(ctx context.Context, connection string) error {
	return s.write(ctx, fmt.Sprintf("drop the plan of connection %q", connection), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM plans WHERE connection = ?", connection)
		return err
	})
}

// DuePlans reads the plans that are due; see store.Plans.
func (s *Store) DuePlans(ctx context.Context, until time.Time, limit int) ([]store.Plan, error) {
	return s.plans(ctx, "read the plans that are due",
		"SELECT connection, plan FROM plans WHERE next <= ? ORDER BY next, connection LIMIT ?", until.UnixMilli(), max(limit, 0))
}

// Plans lists plans; see store.Plans.
func (s *Store) Plans(ctx context.Context, after string, limit int) ([]store.Plan, string, error) {
	limit = max(limit, 1)
	list, err := s.plans(ctx, "list the plans",
		"SELECT connection, plan FROM plans WHERE connection > ? ORDER BY connection LIMIT ?", after, limit+1)
	if err != nil || len(list) <= limit {
		return list, "", err
	}
	return list[:limit], list[limit-1].Connection, nil
}

func (s *Store) plans(ctx context.Context, op, query string, args ...any) ([]store.Plan, error) {
	var list []store.Plan
	err := s.each(ctx, op, query, args, func(rows *sql.Rows) error {
		var connection string
		var b []byte
		if err := rows.Scan(&connection, &b); err != nil {
			return err
		}
		p, err := rules.DecodePlan(connection, b)
		list = append(list, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}
