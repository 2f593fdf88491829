package chaos

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestStoppedGentlyAtAnyMoment sends SIGTERM or SIGINT at random moments: the sync
// ends with 130, all that the destination has returned is kept, nobody is left
// running, and the next sync brings the rest.
func TestStoppedGentlyAtAnyMoment(t *testing.T) {
	t.Parallel()
	rounds := 6
	if soaking() {
		rounds = 200
	}
	w := newWorld(t, variants[0], randomOf(seedOf(t), 1<<32))
	whole := w.toTheEnd()
	stopped := 0
	for try := 0; stopped < rounds && try < 10*rounds && !t.Failed(); try++ {
		w.grow()
		if w.stopGently(after(time.Duration(w.rng.Int64N(int64(whole))))) {
			stopped++
		}
		w.toTheEnd()
		w.checkComplete()
	}
	t.Logf("stopped %d times: %s", stopped, &w.count)
	if stopped < rounds {
		t.Errorf("only %d of %d syncs were stopped in time", stopped, rounds)
	}
	if n := w.twice["purchases"]; n >= stopped*recordsInState {
		t.Errorf("%d gentle stops, and %d rows came twice: more than those without a state", stopped, n)
	}
	hidden(t, w.home())
}

// stopGently stops a sync; it is false if that was over before, or had not yet
// begun to listen.
func (w *world) stopGently(at moment) bool {
	w.t.Helper()
	signal := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM}[w.rng.IntN(2)]
	r := w.start()
	at.wait(r)
	_, listens, _ := r.saw("preparing")
	if err := r.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		w.t.Errorf("sending %s: %v", signal, err)
	}
	code := r.exit()
	w.count.runs++
	w.count.exits[code]++
	if left := w.processes(); len(left) > 0 {
		w.t.Errorf("these outlived a sync that was stopped gently: %+v", left)
	}
	switch {
	case code == 130:
		w.checkLaw()
		w.checkNothingForgotten()
	case code == 0:
		w.checkComplete()
	case !listens && code == 128+int(signal):
		w.awaitNone()
	default:
		w.t.Errorf("stopped by %s it ended with %d; stderr:\n%s", signal, code, r.said())
	}
	return code == 130
}

// checkNothingForgotten proves that the checkpoint is not behind what the
// destination has returned. It returns a state as soon as the rows before it are
// committed, and these come after every so many rows.
func (w *world) checkNothingForgotten() {
	w.t.Helper()
	k, err := openKept(w.t.Context(), filepath.Join(w.home(), "state.db"), w.lake())
	if err != nil {
		w.t.Fatal(err)
	}
	checkpoint, err := k.store.Checkpoint(w.t.Context(), connectionName)
	if err != nil {
		w.t.Fatal(err)
	}
	cursors, err := cursorsOf(checkpoint)
	if err != nil {
		w.t.Fatal(err)
	}
	for stream, m := range w.modes {
		if m == overwrote {
			continue // what is there may be of the generation before
		}
		last, err := k.last(w.t.Context(), stream)
		if err != nil {
			w.t.Error(err)
		}
		if returned := last / recordsInState * recordsInState; cursors[stream] < returned {
			w.t.Errorf("%s: rows up to %d are committed and a state after %d was returned, but the checkpoint says %d",
				stream, last, returned, cursors[stream])
		}
	}
	if err := k.close(); err != nil {
		w.t.Error(err)
	}
}

// last is the last row of a stream that is committed.
func (k *kept) last(ctx context.Context, stream string) (n int64, err error) {
	err = k.lake.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM `+stream).Scan(&n)
	return n, err
}
