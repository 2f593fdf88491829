package chaos

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestOfTwoEnginesOneRuns starts two engines on one connection, at random
// distances: one runs, the other ends with 1 and names the one that runs. Never do
// two sources run.
func TestOfTwoEnginesOneRuns(t *testing.T) {
	t.Parallel()
	rounds := 6
	if soaking() {
		rounds = 200
	}
	w := newWorld(t, variants[0], randomOf(seedOf(t), 1<<33))
	w.rate = 600 // so that the first is still running when the second comes
	w.source = alone(t, w.dir)
	w.write()
	w.toTheEnd()
	for round := 1; round <= rounds && !t.Failed(); round++ {
		w.grow()
		first := w.start()
		time.Sleep(time.Duration(w.rng.Int64N(int64(300 * time.Millisecond))))
		second := w.start()
		w.checkOneOf(first, second)
		w.checkLaw()
		w.checkComplete()
		w.checkSources(round + 1)
	}
	t.Logf("%s", &w.count)
}

// alone is the source, which writes down when it is read, and when another one is
// being read at that time.
func alone(t *testing.T, dir string) string {
	t.Helper()
	name := filepath.Join(dir, "lonely-source")
	script := fmt.Sprintf(`#!/bin/sh
[ "$1" = read ] || exec %[1]s "$@"
echo "read $$" >>%[2]s/reads
mkdir %[2]s/reading || echo "overlap $$" >>%[2]s/reads
%[1]s "$@"
code=$?
rmdir %[2]s/reading
exit $code
`, filepath.Join(bin, "source-faker"), dir)
	if err := os.WriteFile(name, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return name
}

// checkOneOf proves that one of two engines ran, and that the other knew.
func (w *world) checkOneOf(first, second *run) {
	w.t.Helper()
	winner, loser := first, second
	codes := [2]int{first.exit(), second.exit()}
	if codes[0] != 0 {
		winner, loser = second, first
	}
	w.count.runs += 2
	w.count.exits[codes[0]]++
	w.count.exits[codes[1]]++
	if winner.code != 0 || loser.code != 1 {
		w.t.Errorf("of two engines on one connection one should end with 0 and one with 1: they ended with %v; stderr:\n%s\n%s",
			codes, first.said(), second.said())
		return
	}
	holder := fmt.Sprintf("connection %s is being used by process %d on ", connectionName, winner.cmd.Process.Pid)
	if !strings.Contains(loser.said(), holder) {
		w.t.Errorf("who holds the connection is not named; wanted %q in:\n%s", holder, loser.said())
	}
	if at, ok, _ := loser.saw("preparing"); ok {
		w.t.Errorf("the engine without the lease began a sync at %s", at)
	}
}

// checkSources proves that the source was read once for each sync, one at a time.
func (w *world) checkSources(syncs int) {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, "reads"))
	if err != nil {
		w.t.Fatal(err)
	}
	if n := strings.Count(string(text), "read "); n != syncs || strings.Contains(string(text), "overlap") {
		w.t.Errorf("%d syncs, and the sources:\n%s", syncs, text)
	}
}
