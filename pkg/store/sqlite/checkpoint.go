package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/internal/rules"
)

// Checkpoint reads the positions; see store.Store.
func (s *Store) Checkpoint(ctx context.Context, connection string) (store.Checkpoint, error) {
	var c store.Checkpoint
	err := s.each(ctx, fmt.Sprintf("read the checkpoint of connection %q", connection),
		"SELECT kind, namespace, name, state FROM positions WHERE connection = ?", []any{connection},
		func(rows *sql.Rows) error {
			var p store.Position
			var state []byte
			err := rows.Scan(&p.Kind, &p.Stream.Namespace, &p.Stream.Name, &state)
			p.State = state
			c.Positions = append(c.Positions, p)
			return err
		})
	if err != nil {
		return store.Checkpoint{}, err
	}
	rules.Sort(c.Positions)
	return c, nil
}

func (l *lease) SaveCheckpoint(ctx context.Context, positions []store.Position) error {
	kind, positions, err := rules.Batch(positions)
	if err != nil {
		return err
	}
	return l.write(ctx, "save the checkpoint", func(tx *sql.Tx) error {
		if len(positions) == 0 {
			return nil
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM positions WHERE connection = ? AND kind <> ?", l.connection, string(kind))
		if err != nil {
			return err
		}
		return l.put(ctx, tx, positions)
	})
}

func (l *lease) put(ctx context.Context, tx *sql.Tx, positions []store.Position) error {
	insert, err := tx.PrepareContext(ctx, `INSERT INTO positions (connection, namespace, name, kind, state)
		VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET state = excluded.state`)
	if err != nil {
		return err
	}
	defer insert.Close() //nolint:errcheck // ends with the transaction anyway
	for _, p := range positions {
		_, err := insert.ExecContext(ctx, l.connection, p.Stream.Namespace, p.Stream.Name, string(p.Kind), []byte(p.State))
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *lease) ClearCheckpoint(ctx context.Context, streams []airbyte.Descriptor) error {
	const op = "clear the checkpoint"
	return l.write(ctx, op, func(tx *sql.Tx) error {
		if streams != nil {
			return l.clear(ctx, tx, op, streams)
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM positions WHERE connection = ?", l.connection)
		return err
	})
}

// clear forgets the positions of some streams, also inside a GLOBAL state.
func (l *lease) clear(ctx context.Context, tx *sql.Tx, op string, streams []airbyte.Descriptor) error {
	if len(streams) == 0 {
		return nil
	}
	whole, err := l.whole(ctx, tx)
	if err != nil {
		return err
	}
	switch whole.Kind {
	case airbyte.LegacyState:
		return &store.KindError{Stored: whole.Kind, Op: op}
	case airbyte.GlobalState:
		whole.State, err = rules.CutStreams(whole.State, streams)
		if err != nil {
			return err
		}
		return l.put(ctx, tx, []store.Position{whole})
	}
	for _, d := range streams {
		_, err := tx.ExecContext(ctx, "DELETE FROM positions WHERE connection = ? AND namespace = ? AND name = ?",
			l.connection, d.Namespace, d.Name)
		if err != nil {
			return err
		}
	}
	return nil
}

// whole gives the GLOBAL or LEGACY position, the zero Position if there is none.
func (l *lease) whole(ctx context.Context, tx *sql.Tx) (store.Position, error) {
	var p store.Position
	rows, err := tx.QueryContext(ctx, "SELECT kind, state FROM positions WHERE connection = ? AND kind <> ?",
		l.connection, string(airbyte.StreamState))
	if err != nil {
		return p, err
	}
	defer rows.Close() //nolint:errcheck // Err below tells what went wrong
	for rows.Next() {
		var state []byte
		if err := rows.Scan(&p.Kind, &state); err != nil {
			return p, err
		}
		p.State = state
	}
	return p, rows.Err()
}
