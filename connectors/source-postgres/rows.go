package main

import (
	"context"
	"errors"

	"knelt.dev/connectors/internal/postgres"
	"knelt.dev/pkg/airbyte"
)

// rows reads one part. The rows come as fast as they are taken and are never held
// together: the server waits in between.
func (r *read) rows(ctx context.Context, p *part) error {
	conn := r.session.conn
	result := conn.ExecParams(ctx, p.query(&r.table), p.params, p.oids, nil, nil)
	for result.NextRow() {
		if err := r.row(p, result.Values()); err != nil {
			// Nobody wants the rows that are still to come.
			return errors.Join(err, conn.Conn().Close())
		}
	}
	_, err := result.Close()
	// What was read before a failure counts: the states behind it are exact.
	return errors.Join(postgres.Classed(ctx, "reading the table", err), r.flush())
}

// row emits one row and, now and then, a state before or behind it.
func (r *read) row(p *part, values [][]byte) error {
	due := r.since >= int64(r.session.config.RecordsPerState)
	if due && p.boundary != nil && p.boundary(values) {
		if err := r.state(); err != nil {
			return err
		}
	}
	r.appendRow(values)
	r.since++
	if len(r.block) >= blockSize {
		if err := r.flush(); err != nil {
			return err
		}
	}
	moved := p.move(values)
	if moved && p.boundary == nil && r.since >= int64(r.session.config.RecordsPerState) {
		return r.state()
	}
	return nil
}

// appendRow appends the RECORD line of a row.
func (r *read) appendRow(values [][]byte) {
	r.changes = r.changes[:0]
	dst := append(append(r.block, r.template.Head()...), '{')
	for i, text := range values {
		dst = append(dst, r.heads[i]...)
		if text == nil {
			dst = appendNull(dst)
			continue
		}
		var exact bool
		if dst, exact = r.table.columns[i].kind.append(dst, text); !exact {
			r.changed(r.table.columns[i].name)
		}
	}
	dst = append(dst, '}')
	if len(r.changes) > 0 {
		dst = append(append(append(dst, `,"meta":{"changes":[`...), r.changes...), "]}"...)
	}
	dst = append(dst, r.template.Tail()...)
	r.block = dst
}

// changed notes that a column's value, or one in its array, became null.
func (r *read) changed(name string) {
	if len(r.changes) > 0 {
		r.changes = append(r.changes, ',')
	}
	r.changes = airbyte.AppendString(append(r.changes, `{"field":`...), name)
	r.changes = append(r.changes, `,"change":"NULLED","reason":"SOURCE_SERIALIZATION_ERROR"}`...)
}
