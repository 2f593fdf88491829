package main

import (
	"time"

	"knelt.dev/connectors/internal/load"
	"knelt.dev/connectors/internal/postgres"
	"knelt.dev/pkg/airbyte"
)

const (
	// batchSize is how many bytes of rows are sent by one COPY.
	batchSize = 2 << 20
	// maxRow is more than a row of ours may have; the server's limit is 1 GB.
	maxRow = 900 << 20
	// maxKey is what the columns of a key may have together. An entry of an index
	// fits into a third of a page: 2704 bytes.
	maxKey = 2600
)

// table is where one stream goes. Rows that have to be deduplicated go to a
// temporary table first.
type table struct {
	*load.Table
	db     *database
	schema string
	stage  string // the temporary table; "" while there is none
	staged int    // bytes of rows in it
	rows   []byte // gathered for COPY
	// columns are the quoted names in the order of rows: the stream's, then ours.
	columns  []string
	encoders []encoder
	scratch  []byte
	cached   struct { // the last emitted_at
		ms   int64
		text string
	}
}

// Target makes the table of a stream: that of its name, in the schema of its
// namespace.
func (db *database) Target(s airbyte.ConfiguredStream) (load.Target, []string) {
	t := &table{db: db, schema: fitting(s.Stream.Namespace)}
	if s.Stream.Namespace == "" {
		t.schema = db.config.Schema
	}
	name := fitting(db.config.TablePrefix + s.Stream.Name)
	aside := fitting(name + "_airbyte_tmp")
	t.Table = load.NewTable(dialect, s, name, aside)
	db.tables = append(db.tables, t)
	return t, []string{t.quoted(name), t.quoted(aside)}
}

// fitting shortens a name to what the server can tell from others.
func fitting(name string) string {
	if len(name) <= maxName {
		return name
	}
	return load.Derived(name, 8, maxName)
}

// quoted names a table of the schema.
func (t *table) quoted(name string) string {
	return postgres.QuoteName(t.schema) + "." + postgres.QuoteName(name)
}

// Core is the table as load knows it.
func (t *table) Core() *load.Table { return t.Table }

// Put writes a record as a row of COPY's text format.
func (t *table) Put(line []byte, e *airbyte.Envelope, rawID string) (ok bool, err error) {
	t.follow()
	start := len(t.rows)
	row := t.rows
	keySize, keyParts := 0, 0
	for i := metaColumns; i < len(t.Columns); i++ {
		before := len(row)
		var change load.Change
		row, change = t.encode(row, line, i)
		if t.isKey(i) {
			keySize += len(row) - before
			if !isNull(row[before:]) {
				keyParts++
			}
			if change != load.Kept {
				return false, nil // another row than the one that was meant
			}
		}
		row = append(row, '\t')
	}
	if len(t.Keys) > 0 && (keyParts == 0 || keySize > maxKey || (keyParts < len(t.Keys) && !t.nullsAreEqual())) {
		return false, nil
	}
	row = append(append(row, rawID...), '\t')
	row = append(t.appendExtracted(row, line, e), '\t')
	row = append(append(row, t.generation()...), '\t')
	row, _ = appendDocument(row, []byte(t.MetaOf(line, e)), &t.scratch)
	row = append(row, '\n')
	if len(row)-start > maxRow {
		return false, nil
	}
	t.db.gathered += len(row) - start
	t.rows = row
	if len(t.rows) < batchSize && t.db.gathered < mostGathered {
		return true, nil
	}
	return true, t.db.flush(t)
}

// flush sends a table's rows, and those of all once they are many.
func (db *database) flush(t *table) error {
	if db.gathered < mostGathered {
		return t.Flush()
	}
	for _, t := range db.tables {
		if err := t.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// encode appends the value of a column; an encoder says why it had to change it.
func (t *table) encode(row, line []byte, i int) ([]byte, load.Change) {
	v := t.Values[i]
	raw := v.Of(line)
	if i == t.OverflowAt {
		raw = t.Overflow
	}
	if len(raw) == 0 || raw[0] == 'n' {
		return append(row, null...), load.Kept
	}
	row, outcome := t.encoders[i](row, raw, &t.scratch)
	if outcome.change != load.Kept {
		t.Note(i, outcome.change, outcome.reason)
	}
	return row, outcome.change
}

func (t *table) isKey(i int) bool {
	for _, k := range t.Keys {
		if k.Column == i {
			return true
		}
	}
	return false
}

// appendExtracted writes the time of extraction. Most records of a run share it.
func (t *table) appendExtracted(row, line []byte, e *airbyte.Envelope) []byte {
	ms, ok := load.ExtractedAt(line, e)
	if !ok {
		return append(row, null...)
	}
	if t.cached.text == "" || ms != t.cached.ms {
		t.cached.ms, t.cached.text = ms, null
		if at := time.UnixMilli(ms).UTC(); at.Year() > 0 {
			t.cached.text = at.Format("2006-01-02 15:04:05.999+00")
		}
	}
	return append(row, t.cached.text...)
}
