package main

import (
	"context"
	"time"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/connectors/internal/postgres"
	"knelt.dev/pkg/airbyte"
)

// blockSize is how much is gathered before it is written.
const blockSize = 128 << 10

// read is the reading of one stream.
type read struct {
	session  *session
	stream   airbyte.ConfiguredStream
	out      *kit.Emitter
	table    table
	cursor   int   // index of the cursor column; -1 without one
	keys     []int // indexes of the primary key's columns
	position position
	since    int64    // records since the last state
	heads    [][]byte // what stands before each value of a row
	template kit.RecordTemplate
	block    []byte // lines that are not written yet
	changes  []byte
}

// read reads a stream under a savepoint, so that the transaction outlives what
// fails in it.
func (s *session) read(ctx context.Context, stream airbyte.ConfiguredStream, state kit.State, out *kit.Emitter) error {
	if err := s.exec(ctx, `SAVEPOINT stream`); err != nil {
		return err
	}
	r := &read{session: s, stream: stream, out: out, cursor: -1}
	if err := r.run(ctx, state); err != nil {
		if s.conn.IsClosed() || s.conn.IsBusy() {
			return kit.Lost(err)
		}
		if undo := s.exec(ctx, `ROLLBACK TO SAVEPOINT stream`); undo != nil {
			return kit.Lost(err)
		}
		return err
	}
	return s.exec(ctx, `RELEASE SAVEPOINT stream`)
}

func (s *session) exec(ctx context.Context, statement string) error {
	if err := postgres.Exec(ctx, s.conn, statement); err != nil {
		return kit.Lost(postgres.Classed(ctx, "reading", err))
	}
	return nil
}

func (r *read) run(ctx context.Context, state kit.State) error {
	d := r.stream.Stream.Descriptor()
	var err error
	if r.table, err = r.session.table(ctx, d); err != nil {
		return err
	}
	if err := r.prepare(state.Stream(d)); err != nil {
		return err
	}
	for _, p := range r.parts() {
		if p.skip == nil || !p.skip() {
			if err := r.rows(ctx, p); err != nil {
				return err
			}
		}
		p.end()
	}
	if r.cursor >= 0 {
		r.position.After = nil // the next read starts with the rows of the last cursor
	}
	return r.state()
}

// prepare finds out what to read, and from where on.
func (r *read) prepare(state []byte) error {
	cursor := ""
	if r.stream.SyncMode == airbyte.Incremental {
		if len(r.stream.CursorField) != 1 {
			return kit.ConfigError("an incremental read needs one column as cursor_field")
		}
		cursor = r.stream.CursorField[0]
	}
	if err := r.table.choose(r.stream.Stream.JSONSchema, r.stream.CursorField); err != nil {
		return err
	}
	if cursor != "" {
		if r.cursor = r.table.columnNamed(cursor); r.cursor < 0 {
			return kit.ConfigError("the table has no column %q to be the cursor", cursor)
		}
	}
	r.findKeys()
	p, err := parsePosition(state)
	if err != nil {
		return err
	}
	var key []string
	if r.table.resumable() {
		key = r.table.key
	}
	r.position = p.resume(cursor, key)
	names := make([]string, 0, len(r.table.columns))
	for _, c := range r.table.columns {
		names = append(names, c.name)
	}
	r.heads = kit.RowHeads(names)
	r.template = kit.NewRecordTemplate(r.stream.Stream.Descriptor(), time.Now())
	return nil
}

// state emits the position, behind the rows it speaks of.
func (r *read) state() error {
	if err := r.flush(); err != nil {
		return err
	}
	state, err := kit.StreamStateOf(r.stream.Stream.Descriptor(), r.position, r.since)
	if err != nil {
		return err
	}
	r.since = 0
	return r.out.State(state)
}

func (r *read) flush() error {
	block := r.block
	r.block = r.block[:0]
	return r.out.Lines(block)
}
