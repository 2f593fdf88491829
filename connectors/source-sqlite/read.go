package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/pkg/airbyte"
)

// readAll reads the configured streams. One that fails does not stop the
// others.
func readAll(ctx context.Context, db *database, config config, in kit.ReadInput, out *kit.Emitter) error {
	failed := false
	for _, s := range in.Catalog.Streams {
		r := &read{db: db, config: config, stream: s, out: out}
		err := classed(ctx, config, r.run(ctx, in.State))
		if errors.Is(err, kit.ErrTerminated) {
			return err
		}
		if err == nil {
			continue
		}
		failed = true
		d := s.Stream.Descriptor()
		if err := errors.Join(out.Status(d, airbyte.Incomplete), out.Failure(kit.InStream(d, err))); err != nil {
			return err
		}
	}
	if failed {
		return kit.Exit(1)
	}
	return nil
}

// read is the reading of one stream.
type read struct {
	db     *database
	config config
	stream airbyte.ConfiguredStream
	out    *kit.Emitter

	table    table
	cursor   int // index of the cursor column; -1 without one
	position position
	rowID    int64    // what position.RowID points to
	since    int64    // records since the last state
	heads    [][]byte // what stands before each value of a row
	data     []byte
}

func (r *read) run(ctx context.Context, state kit.State) error {
	d := r.stream.Stream.Descriptor()
	if err := r.out.Status(d, airbyte.Started); err != nil {
		return err
	}
	var err error
	if r.table, err = r.db.table(ctx, d.Name); err != nil {
		return err
	}
	if err := r.findCursor(); err != nil {
		return err
	}
	if r.position, err = parsePosition(state.Stream(d)); err != nil {
		return err
	}
	r.position = r.position.forMode(r.cursor)
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
	if r.cursor = r.table.columnNamed(r.stream.CursorField[0]); r.cursor < 0 {
		return kit.ConfigError("the table has no column %q to be the cursor", r.stream.CursorField[0])
	}
	return nil
}

// query selects the rows after the position, in its order. The plus signs keep
// the driver from turning texts in columns declared as dates into times.
func (r *read) query() (query string, args []any, err error) {
	selected, where, order := "NULL", "", ""
	switch {
	case r.cursor >= 0:
		c := r.table.columns[r.cursor]
		order = " ORDER BY " + quoteName(c.name)
		where, args, err = r.position.afterCursor(c)
	case r.table.rowid != "":
		selected, order = r.table.rowid, " ORDER BY "+r.table.rowid
		where, args = r.position.afterRowID(r.table.rowid)
	}
	for _, c := range r.table.columns {
		selected += ", +" + quoteName(c.name)
	}
	return `SELECT ` + selected + ` FROM ` + quoteName(r.table.name) + where + order, args, err
}

func (r *read) rows(ctx context.Context) error {
	if r.isDone() {
		return nil
	}
	query, args, err := r.query()
	if err != nil {
		return err
	}
	rows, err := r.db.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("reading the table: %w", err)
	}
	defer closeRows(rows)
	values := make([]any, 1+len(r.table.columns))
	into := make([]any, len(values))
	for i := range values {
		into[i] = &values[i]
	}
	r.heads = r.table.heads()
	template := kit.NewRecordTemplate(r.stream.Stream.Descriptor(), time.Now())
	for rows.Next() {
		err := rows.Scan(into...)
		if err == nil {
			err = r.row(template, values)
		}
		if err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("reading the table: %w", err)
	}
	return nil
}

// isDone tells that a whole read of a table that has no rowids is behind us: it
// cannot go on with new rows.
func (r *read) isDone() bool { return r.position.Done && r.cursor < 0 && r.table.rowid == "" }

// row emits one row and, now and then, a state behind it.
func (r *read) row(template kit.RecordTemplate, values []any) error {
	r.data = append(r.data[:0], '{')
	for i, c := range r.table.columns {
		r.data = append(r.data, r.heads[i]...)
		r.data = appendValue(r.data, values[i+1], c.boolean())
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
func (r *read) resumable() bool { return r.cursor >= 0 || r.table.rowid != "" }

// advance moves the position behind a row.
func (r *read) advance(values []any) error {
	if r.cursor >= 0 {
		return r.position.moveTo(r.table.columns[r.cursor], values[r.cursor+1])
	}
	if id, ok := values[0].(int64); ok {
		r.rowID = id
		r.position.RowID = &r.rowID
	}
	return nil
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
