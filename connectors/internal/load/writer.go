package load

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
	config Config
	out    *kit.Emitter
	streams
	env airbyte.Envelope
	ids rowIDs

	mu       sync.Mutex // everything below, and the database
	db       Database
	began    bool      // a transaction is open
	pending  int       // rows in it
	waiting  []echo    // states to return after the commit
	oldest   time.Time // when the first of them came
	counts   map[Target]*count
	total    count
	statuses bool // a stream's status was seen
	stranger bool // a record of an unknown stream was seen
	failed   error
}

// Run writes what in brings until its end, or to the first error. A state is
// returned to out once everything before it is committed.
func Run(db Database, c Config, catalog *airbyte.ConfiguredCatalog, in *lines.Reader, out *kit.Emitter) error {
	w := &writer{db: db, config: c, out: out, ids: newRowIDs(), counts: map[Target]*count{}}
	if err := w.prepare(catalog); err != nil {
		return err
	}
	return w.run(in)
}

func (w *writer) prepare(catalog *airbyte.ConfiguredCatalog) error {
	var err error
	if w.streams, err = newStreams(catalog, w.db); err != nil {
		return err
	}
	if err := w.begin(); err != nil {
		return err
	}
	for _, t := range w.all {
		w.counts[t] = &count{}
		if err := t.Create(); err != nil {
			return w.inStream(t, fmt.Errorf("making the table %q: %w", t.Core().Target, err))
		}
	}
	return w.commit()
}

// inStream says which stream an error is about, and of what class it is.
func (w *writer) inStream(t Target, err error) error {
	return kit.InStream(t.Core().Stream.Stream.Descriptor(), w.db.Classed(err))
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
	return Joined(err, w.forget())
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
	ticker := time.NewTicker(w.config.CommitAfter)
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
			w.reject(w.targetOf(line, &w.env))
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
