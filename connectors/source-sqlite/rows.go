package main

import (
	"context"
	"fmt"
	"time"

	"knelt.dev/connectors/internal/kit"
)

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
	state, err := kit.StreamStateOf(r.stream.Stream.Descriptor(), r.position, r.since)
	if err != nil {
		return err
	}
	r.since = 0
	return r.out.State(state)
}
