package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/pkg/airbyte"
)

// readAll reads the configured streams in one transaction, so that they fit
// together.
func readAll(ctx context.Context, db *database, config config, in kit.ReadInput, out *kit.Emitter) error {
	tables, err := db.tables(ctx, nil)
	if err != nil {
		return err
	}
	byName := map[string]table{}
	for _, t := range tables {
		byName[t.name] = t
	}
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return kit.ConfigError("reading the database: %w", err)
	}
	failed := 0
	for _, s := range in.Catalog.Streams {
		d := s.Stream.Descriptor()
		t, ok := byName[s.Stream.Name]
		err := kit.ConfigError("the database has no table or view %q", s.Stream.Name)
		if ok {
			err = (&read{tx: tx, table: t, config: config, stream: s, out: out}).run(ctx, in.State)
		}
		if errors.Is(err, kit.ErrTerminated) {
			return errors.Join(err, tx.Rollback())
		}
		if err != nil {
			failed++
			err = errors.Join(out.Status(d, airbyte.Incomplete), out.Failure(kit.InStream(d, err)))
		}
		if err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	if err := tx.Rollback(); err != nil { // nothing was written
		return err
	}
	if failed > 0 {
		return kit.Exit(1)
	}
	return nil
}

// read is the reading of one stream.
type read struct {
	tx     *sql.Tx
	table  table
	config config
	stream airbyte.ConfiguredStream
	out    *kit.Emitter

	cursor   int // index of the cursor column; -1 without one
	position position
	since    int64    // records since the last state
	heads    [][]byte // what stands before each value of a row
	data     []byte
}

func (r *read) run(ctx context.Context, state kit.State) error {
	d := r.stream.Stream.Descriptor()
	if err := r.out.Status(d, airbyte.Started); err != nil {
		return err
	}
	if err := r.findCursor(); err != nil {
		return err
	}
	var err error
	if r.position, err = parsePosition(state.Stream(d)); err != nil {
		return err
	}
	if r.cursor < 0 && r.position.Done {
		r.position = position{}
	}
	if err := r.rows(ctx); err != nil {
		return err
	}
	r.position.Done = r.cursor < 0
	return errors.Join(r.state(), r.out.Status(d, airbyte.Complete))
}

func (r *read) findCursor() error {
	r.cursor = -1
	if r.stream.SyncMode != airbyte.Incremental {
		return nil
	}
	if len(r.stream.CursorField) != 1 {
		return kit.ConfigError("incremental needs a cursor field of one column")
	}
	for i, c := range r.table.columns {
		if c.name == r.stream.CursorField[0] {
			r.cursor = i
			return nil
		}
	}
	return kit.ConfigError("the table has no column %q to be the cursor", r.stream.CursorField[0])
}

// query selects the rows after the position, in its order. The plus signs keep
// the driver from turning texts in columns declared as dates into times.
func (r *read) query() (string, []any, error) {
	cursor, unique, order := "", false, ""
	if r.cursor >= 0 {
		cursor, unique = r.table.columns[r.cursor].name, r.table.columns[r.cursor].unique
		order = " ORDER BY " + quoteName(cursor)
	}
	where, args, err := r.position.where(cursor, unique)
	if err != nil {
		return "", nil, err
	}
	selected := "NULL"
	if r.table.rowid {
		selected = "rowid"
		if r.cursor < 0 {
			order = " ORDER BY rowid"
		}
	}
	for _, c := range r.table.columns {
		selected += ", +" + quoteName(c.name)
	}
	return `SELECT ` + selected + ` FROM ` + quoteName(r.table.name) + where + order, args, nil
}

func (r *read) rows(ctx context.Context) error {
	query, args, err := r.query()
	if err != nil {
		return err
	}
	rows, err := r.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("reading the table: %w", err)
	}
	values := make([]any, 1+len(r.table.columns))
	into := make([]any, len(values))
	for i := range values {
		into[i] = &values[i]
	}
	r.heads = r.table.heads()
	template := kit.NewRecordTemplate(r.stream.Stream.Descriptor(), time.Now())
	defer closeRows(rows)
	for rows.Next() {
		err := rows.Scan(into...)
		if err == nil {
			err = r.row(template, values)
		}
		if err != nil {
			return err
		}
	}
	return rows.Err()
}

// row emits one row and, now and then, a state behind it.
func (r *read) row(template kit.RecordTemplate, values []any) error {
	r.data = append(r.data[:0], '{')
	var err error
	for i, c := range r.table.columns {
		r.data = append(r.data, r.heads[i]...)
		if r.data, err = appendValue(r.data, values[i+1], c.boolean()); err != nil {
			return err
		}
	}
	r.data = append(r.data, '}')
	if err := r.out.Record(template, r.data); err != nil {
		return err
	}
	if err := r.advance(values); err != nil {
		return err
	}
	r.since++
	if r.since < int64(r.config.RecordsPerState) || !r.resumable() {
		return nil
	}
	return r.state()
}

// resumable tells whether the position says where to go on in the middle.
func (r *read) resumable() bool { return r.cursor >= 0 || r.table.rowid }

// advance moves the position behind a row.
func (r *read) advance(values []any) error {
	if r.cursor < 0 {
		if id, ok := values[0].(int64); ok {
			r.position.RowID = &id
		}
		return nil
	}
	value := values[r.cursor+1]
	if value == nil {
		return nil
	}
	if _, ok := value.([]byte); ok {
		return kit.ConfigError("the column %q holds BLOBs and cannot be the cursor", r.table.columns[r.cursor].name)
	}
	var err error
	r.position.Cursor, err = appendValue(nil, value, false)
	return err
}

func (r *read) state() error {
	raw, err := airbyte.Marshal(r.position)
	if err != nil {
		return err
	}
	count := airbyte.Count(r.since)
	r.since = 0
	return r.out.State(&airbyte.StateMessage{
		Kind:        airbyte.StreamState,
		Stream:      &airbyte.StreamPosition{Descriptor: r.stream.Stream.Descriptor(), State: raw},
		SourceStats: &airbyte.StateStats{RecordCount: &count},
	})
}
