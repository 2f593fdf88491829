package chaos

import (
	"fmt"
	"time"
)

// tally counts what happened in one or more worlds.
type tally struct {
	runs, missed int
	kills        map[string]int // by victim
	moments      map[string]int // by what decided when
	exits        map[int]int    // of engines that lived to see it
	lost         int
	duplicates   map[mode]int
	secrets      int // files with the secret that dead engines had left
	looks        int // at checkpoints, while everything ran
	slowestStart time.Duration
	slowestEnd   time.Duration // of what a dead engine left running
	slowestRun   time.Duration
	slowestWhy   string // what was done to it
}

func newTally() tally {
	return tally{kills: map[string]int{}, moments: map[string]int{}, exits: map[int]int{}, duplicates: map[mode]int{}}
}

func (t *tally) start(after time.Duration) { t.slowestStart = max(t.slowestStart, after) }

func (t *tally) ran(d time.Duration, why string) {
	if d > t.slowestRun {
		t.slowestRun, t.slowestWhy = d, why
	}
}

func (t *tally) add(o tally) {
	t.ran(o.slowestRun, o.slowestWhy)
	t.runs += o.runs
	t.missed += o.missed
	t.lost += o.lost
	t.secrets += o.secrets
	t.looks += o.looks
	t.slowestStart = max(t.slowestStart, o.slowestStart)
	t.slowestEnd = max(t.slowestEnd, o.slowestEnd)
	sum(t.kills, o.kills)
	sum(t.moments, o.moments)
	sum(t.exits, o.exits)
	sum(t.duplicates, o.duplicates)
}

func sum[K comparable](to, from map[K]int) {
	for key, n := range from {
		to[key] += n
	}
}

// least is the number of kills of the victim that was killed least.
func (t *tally) least() int {
	return min(t.kills[engine], t.kills[source], t.kills[destination])
}

func (t *tally) String() string {
	return fmt.Sprintf("%d runs, kills %v at %v (%d came too late); engines that lived ended with %v; "+
		"rows lost: %d; duplicates: %v; looks at living checkpoints: %d; "+
		"secret files left by dead engines and swept: %d; slowest start %s; slowest run %s (%s); connectors outlived a killed engine by %s at most",
		t.runs, t.kills, t.moments, t.missed, t.exits, t.lost, t.duplicates, t.looks, t.secrets,
		t.slowestStart.Round(time.Millisecond), t.slowestRun.Round(time.Millisecond), t.slowestWhy, t.slowestEnd.Round(time.Millisecond))
}
