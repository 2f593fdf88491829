package main

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/lines"
)

// writer is one run of the write command. A transaction is open from its first
// row to the next commit; states wait for that commit. What is not committed at
// the end is rolled back by closing the database.
type writer struct {
	config config
	out    *kit.Emitter
	tables
	env airbyte.Envelope
	ids rowIDs

	mu       sync.Mutex // everything below, and the database
	db       *database
	began    bool      // a transaction is open
	pending  int       // rows in it
	waiting  []echo    // states to return after the commit
	oldest   time.Time // when the first of them came
	counts   map[*table]*count
	total    count
	statuses bool // a stream's status was seen
	stranger bool // a record of an unknown stream was seen
	failed   error
}

func newWriter(db *database, c config, catalog *airbyte.ConfiguredCatalog, out *kit.Emitter) (*writer, error) {
	w := &writer{db: db, config: c, out: out, ids: newRowIDs(), counts: map[*table]*count{}}
	var err error
	if w.tables, err = newTables(catalog, c.TablePrefix); err != nil {
		return nil, err
	}
	if err := w.begin(); err != nil {
		return nil, err
	}
	for _, t := range w.all {
		w.counts[t] = &count{}
		if err := t.create(w.db); err != nil {
			return nil, w.inStream(t, fmt.Errorf("making the table %q: %w", t.target, err))
		}
	}
	return w, w.commit()
}

// inStream says which stream an error is about, and of what class it is.
func (w *writer) inStream(t *table, err error) error {
	return kit.InStream(t.stream.Stream.Descriptor(), classed(w.config, err))
}

// run reads messages to their end, or to the first error, be it of a commit
// while the source says nothing.
func (w *writer) run(in *lines.Reader) error {
	done := make(chan struct{})
	ended := make(chan error, 2)
	go func() { ended <- w.read(in) }()
	go func() {
		if err := w.tick(done); err != nil {
			ended <- err
		}
	}()
	err := <-ended
	close(done)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		err = w.failed
	}
	if err == nil {
		err = w.end()
	}
	w.failed = errors.Join(err, errEnded) // for a reader that is still there
	return joined(err, w.forget())
}

// errEnded is seen by nobody.
var errEnded = errors.New("the write has ended")

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
func (w *writer) tick(done <-chan struct{}) error {
	ticker := time.NewTicker(w.config.commitAfter())
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return nil
		case <-ticker.C:
		}
		if err := w.commitWaiting(); err != nil {
			return err
		}
	}
}

func (w *writer) commitWaiting() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed == nil && w.isDue() {
		w.failed = w.commit()
	}
	return w.failed
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
		if w.env.Type == airbyte.Record {
			w.reject(w.tableOf(line, &w.env))
		}
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
