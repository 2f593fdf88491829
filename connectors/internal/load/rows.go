package load

import (
	"fmt"
)

func (w *writer) reject(t Target) {
	w.total.rejected++
	if c := w.counts[t]; c != nil {
		c.rejected++
	}
}

func (w *writer) record(line []byte) error {
	t := w.targetOf(line, &w.env)
	if t == nil {
		w.reject(nil)
		return w.warnOnce(&w.stranger, "a record belongs to a stream that is not in the catalog: left out, as all others of such streams")
	}
	table := t.Core()
	columns := len(table.Columns)
	table.fill(line, &w.env)
	if len(table.Columns) > columns {
		if err := w.widen(t, columns); err != nil {
			return w.inStream(t, err)
		}
	}
	if err := w.begin(); err != nil {
		return err
	}
	ok, err := t.Put(line, &w.env, w.ids.next())
	if err != nil {
		return w.inStream(t, fmt.Errorf("writing to the table %q: %w", table.Target, err))
	}
	if !ok {
		w.reject(t)
		return w.warnOnce(&table.warned, "stream "+table.Stream.Stream.Descriptor().String()+
			": a record has no value in any field of the primary key, or one that cannot be kept: left out, as all others like it")
	}
	w.counts[t].written++
	w.total.written++
	w.pending++
	return nil
}

func (w *writer) flush(t Target) error {
	if err := t.Flush(); err != nil {
		return w.inStream(t, fmt.Errorf("writing to the table %q: %w", t.Core().Target, err))
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
func (w *writer) widen(t Target, n int) error {
	if err := w.begin(); err != nil {
		return err
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return t.Widen(n)
}
