package load

import (
	"fmt"

	"knelt.dev/pkg/airbyte"
)

// begin starts a transaction unless there is one.
func (w *writer) begin() error {
	if w.began {
		return nil
	}
	if err := w.db.Begin(); err != nil {
		return w.db.Classed(fmt.Errorf("beginning a transaction: %w", err))
	}
	w.began = true
	return nil
}

// commit makes the rows durable and only then returns the states that came
// after them.
func (w *writer) commit() error {
	for _, t := range w.all {
		if err := w.flush(t); err != nil {
			return err
		}
	}
	if w.began {
		if err := w.db.Commit(); err != nil {
			return w.db.Classed(fmt.Errorf("committing: %w", err))
		}
		w.began = false
	}
	w.pending = 0
	return w.returnStates()
}

func (w *writer) returnStates() error {
	held := w.waiting[:0]
	for _, e := range w.waiting {
		if w.isHeld(e) {
			held = append(held, e)
			continue
		}
		if err := w.out.StateLine(e.line); err != nil {
			return err
		}
	}
	clear(w.waiting[len(held):])
	w.waiting = held
	return nil
}

// trace finalizes streams that are COMPLETE.
func (w *writer) trace(line []byte) error {
	m, err := airbyte.Decode(line)
	if err != nil {
		return w.out.Log("WARN", "a TRACE cannot be read: "+err.Error())
	}
	if m.Trace.StreamStatus == nil {
		return nil // other traces are no business of a destination
	}
	w.statuses = true
	t := w.of(m.Trace.StreamStatus.Descriptor)
	if t == nil || m.Trace.StreamStatus.Status != airbyte.Complete {
		return nil
	}
	if err := w.begin(); err != nil {
		return err
	}
	if err := w.flush(t); err != nil {
		return err
	}
	table := t.Core()
	table.Complete = true
	if table.Stream.MinimumGenerationID == 0 || table.Overwrites() {
		return nil
	}
	if err := t.Finalize(); err != nil {
		return w.inStream(t, fmt.Errorf("removing rows of older generations from the table %q: %w", table.Name, err))
	}
	return nil
}

// end commits what is left and puts overwritten tables in their places: those
// that are complete, or all if nothing was said about streams' statuses.
func (w *writer) end() error {
	if err := w.commit(); err != nil {
		return err
	}
	if err := w.forget(); err != nil {
		return err
	}
	for _, t := range w.all {
		if !w.isReplaced(t) {
			continue
		}
		if err := w.begin(); err != nil {
			return err
		}
		if err := t.Swap(w.out); err != nil {
			return w.inStream(t, fmt.Errorf("putting the new table in the place of %q: %w", t.Core().Name, err))
		}
	}
	if err := w.commitSwap(); err != nil {
		return err
	}
	return w.returnStates()
}

// commitSwap commits, and only then are the tables those that users read.
func (w *writer) commitSwap() error {
	if err := w.commit(); err != nil {
		return err
	}
	for _, t := range w.all {
		if w.isReplaced(t) {
			t.Core().Target = t.Core().Name
		}
	}
	return nil
}

// isReplaced tells whether a table is replaced at the end.
func (w *writer) isReplaced(t Target) bool {
	return t.Core().Overwrites() && (!w.statuses || t.Core().Complete)
}
