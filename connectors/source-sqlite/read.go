package main

import (
	"context"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/pkg/airbyte"
)

// readAll reads the configured streams. One that fails does not stop the
// others.
func readAll(ctx context.Context, db *database, config config, in kit.ReadInput, out *kit.Emitter) error {
	return kit.ReadStreams(in, out, func(s airbyte.ConfiguredStream) error {
		r := &read{db: db, config: config, stream: s, out: out}
		return classed(ctx, config, r.run(ctx, in.State))
	})
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
	return r.state()
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
