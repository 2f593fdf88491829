package main

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/pkg/airbyte"
)

// echo is a state to be returned after the next commit.
type echo struct {
	line []byte
	count
}

func lower(s string) string { return strings.ToLower(s) }

func (w *writer) begin() (err error) {
	if w.tx == nil {
		w.tx, err = w.db.Begin()
	}
	return err
}

// forget drops a statement that no longer fits.
func (t *table) forget() error {
	if t.insert == nil {
		return nil
	}
	err := t.insert.Close()
	t.insert = nil
	return err
}

// state notes a state; it commits when a transaction is large or old enough.
func (w *writer) state(line []byte) error {
	e := w.echoOf(line)
	if len(w.waiting) == 0 {
		w.oldest = time.Now()
	}
	w.waiting = append(w.waiting, e)
	if w.pending >= w.config.CommitRows || time.Since(w.oldest) > w.config.commitAfter() {
		return w.commit()
	}
	return nil
}

// echoOf copies the line, with the counts of its stream since its last state,
// or of all streams for a GLOBAL or LEGACY state.
func (w *writer) echoOf(line []byte) echo {
	counter := &w.total
	if name, ok := streamOf(line, w.env.Body); ok {
		t := w.tables[name]
		if t == nil && name.Namespace == "" {
			t = w.byName[name.Name]
		}
		if counter = w.counts[t]; counter == nil {
			counter = &count{}
		}
	}
	e := echo{count: *counter}
	*counter = count{}
	at := w.env.Body.Start + 1
	e.line = append(e.line, line[:at]...)
	e.line = fmt.Appendf(e.line, `"destinationStats":{"recordCount":%d.0,"rejectedRecordCount":%d.0}`, e.written, e.rejected)
	if hasMembers(line, w.env.Body) {
		e.line = append(e.line, ',')
	}
	e.line = append(e.line, line[at:]...)
	return e
}

// streamOf tells which stream a STREAM state belongs to.
func streamOf(line []byte, state airbyte.Span) (airbyte.Descriptor, bool) {
	stream, ok := member(line, state, "stream")
	if !ok {
		return airbyte.Descriptor{}, false
	}
	descriptor, ok := member(line, stream, "stream_descriptor")
	if !ok {
		return airbyte.Descriptor{}, false
	}
	return airbyte.Descriptor{Name: text(line, descriptor, "name"), Namespace: text(line, descriptor, "namespace")}, true
}

func text(line []byte, obj airbyte.Span, name string) string {
	v, ok := member(line, obj, name)
	if !ok || line[v.Start] != '"' {
		return ""
	}
	return string(airbyte.Unquote(nil, line[v.Start+1:v.End-1]))
}

func hasMembers(line []byte, obj airbyte.Span) bool {
	for range airbyte.Members(line, obj) {
		return true
	}
	return false
}

// commit makes the rows durable and only then returns the states that came
// after them.
func (w *writer) commit() error {
	if w.tx != nil {
		for _, t := range w.tables {
			if err := t.forget(); err != nil {
				return err
			}
		}
		tx := w.tx
		w.tx = nil
		if err := tx.Commit(); err != nil {
			return errors.Join(fmt.Errorf("committing: %w", err), ignoreDone(tx.Rollback()))
		}
	}
	w.pending = 0
	for _, e := range w.waiting {
		if err := w.out.StateLine(e.line); err != nil {
			return err
		}
	}
	w.waiting = w.waiting[:0]
	return nil
}

// trace finalizes streams that are COMPLETE.
func (w *writer) trace(line []byte) error {
	m, err := airbyte.Decode(line)
	if err != nil {
		return w.out.Log("WARN", "a TRACE cannot be read: "+err.Error())
	}
	if m.Trace.StreamStatus == nil || m.Trace.StreamStatus.Status != airbyte.Complete {
		return nil // other traces are no business of a destination
	}
	t := w.tables[m.Trace.StreamStatus.Descriptor]
	if t == nil {
		return nil
	}
	if err := w.begin(); err != nil {
		return err
	}
	return kit.InStream(t.stream.Stream.Descriptor(), t.finalize(w.tx))
}

// end commits what is left and puts overwritten tables in their places.
func (w *writer) end() error {
	for _, t := range w.tables {
		if t.target == t.name {
			continue
		}
		if err := w.begin(); err != nil {
			return err
		}
		if err := t.forget(); err != nil {
			return err
		}
		if err := t.swap(w.tx); err != nil {
			return kit.InStream(t.stream.Stream.Descriptor(), err)
		}
	}
	return w.commit()
}

// ignoreDone drops the error of rolling back what a failed commit has already
// ended.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}
