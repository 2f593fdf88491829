package main

import (
	"fmt"
)

func (w *writer) reject(t *table) {
	w.total.rejected++
	if c := w.counts[t]; c != nil {
		c.rejected++
	}
}

func (w *writer) record(line []byte) error {
	t := w.tableOf(line, &w.env)
	if t == nil {
		w.reject(nil)
		return w.warnOnce(&w.stranger, "a record belongs to a stream that is not in the catalog: left out, as all others of such streams")
	}
	columns := len(t.columns)
	ok := t.fill(line, &w.env, w.ids.next())
	if len(t.columns) > columns {
		if err := w.widen(t, columns); err != nil {
			return w.inStream(t, err)
		}
	}
	if !ok {
		w.reject(t)
		return w.warnOnce(&t.warned, "stream "+t.stream.Stream.Descriptor().String()+
			": a record has no value in any field of the primary key: left out, as all others like it")
	}
	if err := w.begin(); err != nil {
		return err
	}
	w.counts[t].written++
	w.total.written++
	w.pending++
	if !t.push(len(line)) {
		return nil
	}
	return w.flush(t)
}

func (w *writer) flush(t *table) error {
	if err := t.flush(w.db); err != nil {
		return w.inStream(t, fmt.Errorf("writing to the table %q: %w", t.target, err))
	}
	return nil
}

func (w *writer) warnOnce(warned *bool, text string) error {
	if *warned {
		return nil
	}
	*warned = true
	return w.out.Log("WARN", text)
}

// widen gives the table the columns that were added behind the first n. Rows
// that do not have them are written before.
func (w *writer) widen(t *table, n int) error {
	if err := w.begin(); err != nil {
		return err
	}
	if err := t.flush(w.db); err != nil {
		return err
	}
	if err := t.forget(); err != nil {
		return err
	}
	return t.addColumns(w.db, n)
}
