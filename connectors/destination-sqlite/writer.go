package main

import (
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/lines"
)

// writer is one run of the write command. A transaction is open from its first
// row to the next commit; states wait for that commit.
type writer struct {
	db     *database
	config config
	out    *kit.Emitter
	tables map[airbyte.Descriptor]*table
	byName map[string]*table // where the name alone tells
	env    airbyte.Envelope
	run0   string // first half of the rows' ids
	rows   uint64

	mu       sync.Mutex // everything below, and the database
	tx       *sql.Tx
	pending  int       // rows in the transaction
	waiting  []echo    // states to return after the commit
	oldest   time.Time // when the first of them came
	counts   map[*table]*count
	total    count
	stranger bool // a record of an unknown stream was seen
	failed   error
}

// count is what came since the last state.
type count struct{ written, rejected int64 }

func newWriter(db *database, c config, catalog *airbyte.ConfiguredCatalog, out *kit.Emitter) (*writer, error) {
	w := &writer{
		db: db, config: c, out: out,
		tables: map[airbyte.Descriptor]*table{}, byName: map[string]*table{}, counts: map[*table]*count{},
	}
	var id [8]byte
	if _, err := rand.Read(id[:]); err != nil {
		return nil, err
	}
	w.run0 = hex.EncodeToString(id[:])
	for _, s := range catalog.Streams {
		if err := w.addTable(s); err != nil {
			return nil, kit.InStream(s.Stream.Descriptor(), err)
		}
	}
	return w, nil
}

func (w *writer) addTable(s airbyte.ConfiguredStream) error {
	if s.DestinationSyncMode == airbyte.AppendDedup && len(s.PrimaryKey) == 0 {
		return kit.ConfigError("append_dedup needs a primary key")
	}
	t, err := newTable(s, w.config.TablePrefix)
	if err != nil {
		return kit.ConfigError("%w", err)
	}
	if err := t.create(w.db); err != nil {
		return fmt.Errorf("making the table %q: %w", t.target, err)
	}
	w.tables[s.Stream.Descriptor()] = t
	w.counts[t] = &count{}
	if _, twice := w.byName[s.Stream.Name]; twice {
		w.byName[s.Stream.Name] = nil
	} else {
		w.byName[s.Stream.Name] = t
	}
	return nil
}

// run reads messages to their end. What is not committed by then because of an
// error is rolled back.
func (w *writer) run(in *lines.Reader) error {
	done := make(chan struct{})
	var ticking sync.WaitGroup
	ticking.Go(func() { w.tick(done) })
	err := w.read(in)
	close(done)
	ticking.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if err = errors.Join(w.failed, err); err == nil {
		err = w.end()
	}
	if err != nil && w.tx != nil {
		err = errors.Join(err, w.tx.Rollback())
	}
	return err
}

func (w *writer) read(in *lines.Reader) error {
	for {
		line, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = w.line(line)
		}
		if err != nil {
			return err
		}
	}
}

// tick commits for a source that is slower than commit_ms.
func (w *writer) tick(done <-chan struct{}) {
	ticker := time.NewTicker(w.config.commitAfter())
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
		}
		w.mu.Lock()
		if len(w.waiting) > 0 && w.failed == nil {
			w.failed = w.commit()
		}
		w.mu.Unlock()
	}
}

func (w *writer) line(line []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed != nil {
		return w.failed
	}
	switch airbyte.Classify(line, &w.env) {
	case airbyte.LogLine:
		return nil
	case airbyte.BrokenLine:
		w.reject(w.tableOf(line))
		return nil
	}
	switch w.env.Type {
	case airbyte.Record:
		return w.record(line)
	case airbyte.State:
		return w.state(line)
	case airbyte.Trace:
		return w.trace(line)
	}
	return nil
}

// tableOf finds the table of a record; nil if the catalog has none.
func (w *writer) tableOf(line []byte) *table {
	name := string(airbyte.Unquote(nil, w.env.Stream.Of(line)))
	namespace := string(airbyte.Unquote(nil, w.env.Namespace.Of(line)))
	if t := w.tables[airbyte.Descriptor{Namespace: namespace, Name: name}]; t != nil {
		return t
	}
	if namespace == "" {
		return w.byName[name]
	}
	return nil
}

func (w *writer) reject(t *table) {
	w.total.rejected++
	if c := w.counts[t]; c != nil {
		c.rejected++
	}
}

func (w *writer) record(line []byte) error {
	t := w.tableOf(line)
	if t == nil {
		w.reject(nil)
		if w.stranger {
			return nil
		}
		w.stranger = true
		return w.out.Log("WARN", "a record belongs to a stream that is not in the catalog: left out")
	}
	w.rows++
	before := len(t.columns)
	added, ok := t.fill(line, &w.env, w.run0+strconv.FormatUint(w.rows|1<<63, 16))
	if added {
		if err := w.widen(t, before); err != nil {
			return kit.InStream(t.stream.Stream.Descriptor(), err)
		}
	}
	if !ok {
		w.reject(t)
		return nil
	}
	return kit.InStream(t.stream.Stream.Descriptor(), w.insert(t))
}

// widen gives the table the columns that were added behind the first n.
func (w *writer) widen(t *table, n int) error {
	if err := w.begin(); err != nil {
		return err
	}
	have, err := columnsOf(w.tx, t.target)
	if err != nil {
		return err
	}
	for i := n; i < len(t.columns); i++ {
		if have[lower(t.columns[i].name)] {
			continue
		}
		if err := t.addColumn(w.tx, i); err != nil {
			return err
		}
	}
	return t.forget()
}

func (w *writer) insert(t *table) error {
	if err := w.begin(); err != nil {
		return err
	}
	if t.insert == nil {
		var err error
		if t.insert, err = w.tx.Prepare(t.insertSQL()); err != nil {
			return err
		}
	}
	if _, err := t.insert.Exec(t.row...); err != nil {
		return err
	}
	w.counts[t].written++
	w.total.written++
	w.pending++
	return nil
}
