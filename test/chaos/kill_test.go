package chaos

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// TestKilledAtAnyMoment kills the engine, the source and the destination, one or
// several of them at once, at random moments, again and again. After each kill the
// laws are looked at; at the end nothing is missing.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	want := 8
	if soaking() {
		want = 200
	}
	seed, began := seedOf(t), time.Now()
	var mu sync.Mutex
	all := newTally()
	for round := uint64(0); all.least() < want && !t.Failed() && round < 200; round++ {
		t.Run(fmt.Sprintf("round %d", round+1), func(t *testing.T) {
			for i, v := range variants {
				t.Run(v.name, func(t *testing.T) {
					t.Parallel()
					w := newWorld(t, v, randomOf(seed, round*uint64(len(variants))+uint64(i)))
					w.killAgainAndAgain(6)
					mu.Lock()
					defer mu.Unlock()
					all.add(w.count)
				})
			}
		})
	}
	t.Logf("%s: %s", time.Since(began).Round(time.Second), &all)
	if all.least() < want {
		t.Errorf("too few kills to prove anything: %v", all.kills)
	}
	if all.lost > 0 {
		t.Errorf("%d rows are lost", all.lost)
	}
}

// TestConnectorsThatHangEndWithTheirEngine: a source that neither writes nor reads
// sees nothing of its engine's end; something else has to end it.
func TestConnectorsThatHangEndWithTheirEngine(t *testing.T) {
	t.Parallel()
	w := newWorld(t, variants[0], randomOf(seedOf(t), 1<<35))
	w.hangs = true
	w.write()
	r := w.start()
	if !r.await("progress") {
		t.Fatalf("it ended before it could be killed:\n%s", r.said())
	}
	if len(w.of(source, "read")) == 0 || !r.kill(engine) {
		t.Error("there was nobody to kill")
	}
	r.exit()
	t.Logf("all had ended after %s", w.awaitNone())
	w.checkLaw()
	w.hangs = false
	w.write()
	w.toTheEnd()
	w.checkComplete()
}

// killAgainAndAgain kills until there were so many kills, and looks after each.
func (w *world) killAgainAndAgain(kills int) {
	whole := w.toTheEnd()
	w.checkComplete()
	if w.watched {
		defer w.watch()()
	}
	for done := 0; done < kills && !w.t.Failed(); {
		w.grow()
		// A sync that is disturbed now and then, and then comes to its end.
		for range 1 + w.rng.IntN(4) {
			done += w.disturb(whole)
		}
		w.toTheEnd()
		w.checkLaw()
		w.checkComplete()
	}
	hidden(w.t, w.home())
	for stream, n := range w.twice {
		w.count.duplicates[w.modes[stream]] += n
	}
}

// disturb runs a sync and kills somebody; it tells how many it has killed.
func (w *world) disturb(whole time.Duration) (killed int) {
	w.t.Helper()
	at, victims := w.moment(whole), w.victims()
	r := w.start()
	at.wait(r)
	hit := map[string]bool{}
	for _, victim := range victims {
		if r.kill(victim) {
			hit[victim] = true
			w.count.kills[victim]++
		}
	}
	code := r.exit()
	w.count.runs++
	w.count.ran(time.Since(r.began), fmt.Sprintf("%s: of %v these were killed at %s: %v; it ended with %d", w.name, victims, at.name, hit, code))
	switch {
	case hit[engine]:
		w.count.slowestEnd = max(w.count.slowestEnd, w.awaitNone())
	case code != 0 && code != 1:
		w.t.Errorf("after %v were killed (%s) the engine ended with %d; stderr:\n%s", victims, at.name, code, r.said())
	case code == 1 && len(hit) == 0:
		w.t.Errorf("nobody was killed, and yet the sync failed; stderr:\n%s", r.said())
	}
	if !hit[engine] {
		w.count.exits[code]++
	}
	if left := w.processes(); len(left) > 0 {
		w.t.Errorf("after %v were killed (%s) these are left: %+v", victims, at.name, left)
	}
	if len(hit) == 0 {
		w.count.missed++
	} else {
		w.count.moments[at.name]++
	}
	w.checkLaw()
	if code == 0 {
		w.checkComplete()
		w.grow()
	}
	return len(hit)
}

// kill ends a victim with SIGKILL; it is false if there was nobody to kill.
func (r *run) kill(victim string) bool {
	r.w.t.Helper()
	if r.over() {
		return false
	}
	if victim == engine {
		return kill(r.w.t, r.cmd.Process.Pid)
	}
	hit := false
	for _, p := range r.w.of(victim, "") {
		hit = kill(r.w.t, p.pid) || hit
	}
	return hit
}
