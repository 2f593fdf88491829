package chaos

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/sqlite"
)

// copied copies a database as a kill has left it, with the part that is only in
// its write-ahead log. Looking at a copy recovers nothing that the next engine or
// destination should have to recover itself. It is empty if there is none.
func (w *world) copied(database string) string {
	w.t.Helper()
	dir, err := os.MkdirTemp(w.dir, "copy-")
	if err != nil {
		w.t.Fatal(err)
	}
	to := filepath.Join(dir, filepath.Base(database))
	for _, suffix := range []string{"", "-wal"} {
		text, err := os.ReadFile(database + suffix)
		if errors.Is(err, fs.ErrNotExist) {
			if suffix == "" {
				return ""
			}
			continue
		}
		if err == nil {
			err = os.WriteFile(to+suffix, text, 0o600)
		}
		if err != nil {
			w.t.Fatal(err)
		}
	}
	return to
}

// kept is the store and the tables, open.
type kept struct {
	store *sqlite.Store
	lake  *sql.DB
}

func openKept(ctx context.Context, stateFile, lake string) (*kept, error) {
	s, err := sqlite.Open(ctx, stateFile, sqlite.Options{})
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", "file:"+lake+"?_pragma=busy_timeout(30000)")
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &kept{s, db}, nil
}

func (k *kept) close() error { return errors.Join(k.store.Close(), k.lake.Close()) }

// checkLaw proves after a kill that no checkpoint is ahead of committed rows.
func (w *world) checkLaw() {
	w.t.Helper()
	state, lake := w.copied(filepath.Join(w.home(), "state.db")), w.copied(w.lake())
	if state == "" {
		return
	}
	if lake == "" {
		lake = filepath.Join(filepath.Dir(state), "none.db")
	}
	k, err := openKept(w.t.Context(), state, lake)
	if err != nil {
		w.t.Fatalf("what the kill has left cannot be opened: %v", err)
	}
	if _, err := w.ahead(w.t.Context(), k); err != nil {
		w.t.Error(err)
	}
	for _, dir := range []string{state, lake} {
		err = errors.Join(err, os.RemoveAll(filepath.Dir(dir)))
	}
	if err := errors.Join(k.close(), err); err != nil {
		w.t.Error(err)
	}
}

// ahead looks for a checkpoint that is ahead of the rows committed; the number of
// positions it looked at is returned. The checkpoint is read first: rows may come
// meanwhile, and none ever goes.
func (w *world) ahead(ctx context.Context, k *kept) (positions int, err error) {
	before, err := k.store.Generations(ctx, connectionName)
	if err != nil {
		return 0, err
	}
	checkpoint, err := k.store.Checkpoint(ctx, connectionName)
	if err != nil {
		return 0, err
	}
	after, err := k.store.Generations(ctx, connectionName)
	if err != nil {
		return 0, err
	}
	cursors, err := cursorsOf(checkpoint)
	if err != nil {
		return 0, err
	}
	for stream, n := range cursors {
		d := airbyte.Descriptor{Name: stream}
		if n == 0 || before[d] != after[d] {
			continue
		}
		there, err := w.rowsUpTo(ctx, k.lake, stream, n, after[d])
		if err != nil {
			return 0, err
		}
		if there != n {
			return 0, fmt.Errorf("the checkpoint of %s is ahead: it says row %d, but only %d of these rows are committed", stream, n, there)
		}
		positions++
	}
	return positions, nil
}

// position is a stream's state as the faker writes it.
type position struct {
	Descriptor struct {
		Name string `json:"name"`
	} `json:"stream_descriptor"`
	State struct {
		UpdatedAt time.Time `json:"updated_at"`
		Position  int64     `json:"position"`
	} `json:"stream_state"`
}

// cursorsOf gives the number of the last row that each stream's checkpoint covers.
func cursorsOf(c store.Checkpoint) (map[string]int64, error) {
	cursors := map[string]int64{}
	for _, p := range c.Positions {
		var state struct {
			Stream *position `json:"stream"`
			Global struct {
				States []position `json:"stream_states"`
			} `json:"global"`
		}
		if err := json.Unmarshal(p.State, &state); err != nil {
			return nil, err
		}
		all := state.Global.States
		if state.Stream != nil {
			all = append(all, *state.Stream)
		}
		for _, one := range all {
			cursors[one.Descriptor.Name] = max(one.State.Position, rowAt(one.State.UpdatedAt))
		}
	}
	return cursors, nil
}

// firstTime is updated_at of the faker's row 0; each row is a second later.
var firstTime = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

func rowAt(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return int64(t.Sub(firstTime) / time.Second)
}

// rowsUpTo counts the different rows committed up to row n, of one generation if
// the stream is overwritten.
func (w *world) rowsUpTo(ctx context.Context, db *sql.DB, stream string, n, generation int64) (rows int64, err error) {
	query := `SELECT count(DISTINCT id) FROM ` + stream + ` WHERE id <= ?`
	args := []any{n}
	if w.modes[stream] == overwrote {
		query += ` AND _airbyte_generation_id = ?`
		args = append(args, generation)
	}
	err = db.QueryRowContext(ctx, query, args...).Scan(&rows)
	return rows, err
}

// checkComplete proves that the destination has exactly what the source has: each
// row, with what belongs into it, once where keys are deduplicated and at least
// once elsewhere.
func (w *world) checkComplete() {
	w.t.Helper()
	lake := w.copied(w.lake())
	db, err := sql.Open("sqlite", lake)
	if err != nil {
		w.t.Fatal(err)
	}
	for stream, m := range w.modes {
		w.checkTable(db, stream, m)
	}
	if err := errors.Join(db.Close(), os.RemoveAll(filepath.Dir(lake))); err != nil {
		w.t.Error(err)
	}
}

func (w *world) checkTable(db *sql.DB, stream string, m mode) {
	w.t.Helper()
	var rows, ids, last, generations, right int
	err := db.QueryRowContext(w.t.Context(), `SELECT count(*), count(DISTINCT id), coalesce(max(id), 0), count(DISTINCT _airbyte_generation_id),
		coalesce(sum(id > 0 AND updated_at = strftime('%Y-%m-%dT%H:%M:%SZ', 1704067200 + id, 'unixepoch')), 0) FROM `+stream).
		Scan(&rows, &ids, &last, &generations, &right)
	if err != nil {
		w.t.Errorf("reading table %s: %v", stream, err)
		return
	}
	want := w.rowsOf(stream)
	w.count.lost += max(0, want-ids)
	w.twice[stream] = rows - ids
	if ids != want || last != want || right != rows {
		w.t.Errorf("%s (%s): %d rows of %d ids up to %d, %d as the source has them; the source has %d", stream, m, rows, ids, last, right, want)
	}
	if m == dedup && rows != ids {
		w.t.Errorf("%s: %d rows of %d keys: not deduplicated", stream, rows, ids)
	}
	if m == overwrote && generations != 1 {
		w.t.Errorf("%s: it holds rows of %d generations, it should be the newest alone", stream, generations)
	}
}
