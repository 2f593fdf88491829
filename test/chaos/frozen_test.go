package chaos

import (
	"syscall"
	"testing"
	"time"
)

// TestAFrozenEngineMovesNothingAnyMore stops an engine for longer than its lease
// lives, lets another one run meanwhile, and wakes it up: it finds that the
// connection is another's, ends, and has moved no cursor.
func TestAFrozenEngineMovesNothingAnyMore(t *testing.T) {
	t.Parallel()
	rounds := 1
	if soaking() {
		rounds = 20
	}
	w := newWorld(t, variants[0], randomOf(seedOf(t), 1<<34))
	whole := w.toTheEnd()
	for round := 1; round <= rounds && !t.Failed(); round++ {
		w.grow()
		frozen := w.start()
		frozen.await("started")
		after(time.Duration(w.rng.Int64N(int64(whole / 2)))).wait(frozen)
		if frozen.over() {
			continue
		}
		w.signal(frozen, syscall.SIGSTOP)
		time.Sleep(leaseTTL + 2*time.Second)
		// Its destination may keep the table locked, so this one need not succeed.
		other := w.start()
		select {
		case <-other.done:
		case <-time.After(40 * time.Second):
			t.Error("the engine that came after the frozen one does not end")
		}
		w.signal(frozen, syscall.SIGCONT)
		if code := frozen.exit(); code != 1 {
			t.Errorf("the engine that lost its lease while it was frozen ended with %d; stderr:\n%s", code, frozen.said())
		}
		if code := other.exit(); code != 0 && code != 1 {
			t.Errorf("the engine after it ended with %d; stderr:\n%s", code, other.said())
		}
		w.count.exits[other.code]++
		w.checkLaw()
		w.toTheEnd()
		w.checkLaw()
		w.checkComplete()
	}
	t.Logf("%s", &w.count)
}

func (w *world) signal(r *run, s syscall.Signal) {
	w.t.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		w.t.Errorf("sending %s: %v", s, err)
	}
}
