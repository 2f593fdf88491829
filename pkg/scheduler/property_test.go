package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"knelt.dev/events"
	"knelt.dev/pkg/connection"
)

var errCrash = errors.New("the process was killed")

// TestEachDueSyncHappensOnce whatever comes in between: ticks that come late,
// twice, at once and are killed at any operation, before it is made or after,
// clocks that jump both ways, events that are lost or come again, functions that
// die. Once all is quiet, each due time was carried out once.
func TestEachDueSyncHappensOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2026, 3, 28, 22, 3, 0, 0, time.UTC)
		w := newWorld(t, start)
		spec := cron("*/10 * * * *")
		spec.Schedule.CatchUp = rapid.SampledFrom([]connection.CatchUp{connection.CatchUpAll, connection.CatchUpOnce}).Draw(t, "catchUp")
		w.add("a", spec)
		w.add("b", spec)
		c := &chaos{t: t, w: w}
		c.tick() // the schedules count from here
		w.begun, w.queue = nil, nil
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			c.step()
		}
		latest := c.calm()
		for _, name := range []string{"team/a", "team/b"} {
			c.check(name, start, latest, spec.Schedule.CatchUp == connection.CatchUpAll)
		}
	})
}

type chaos struct {
	t *rapid.T
	w *world
	// most is the latest time that a clock has shown.
	most time.Time
}

func (c *chaos) chance(what string, of int) bool { return rapid.IntRange(1, of).Draw(c.t, what) == 1 }

func (c *chaos) step() {
	w := c.w
	switch rapid.SampledFrom([]string{"tick", "tick", "tick", "begin", "begin", "end", "end", "hear", "jump", "lose", "repeat"}).Draw(c.t, "what") {
	case "tick":
		w.now = w.now.Add(time.Duration(rapid.IntRange(0, 600).Draw(c.t, "passed")) * time.Second)
		c.killedTick()
	case "jump":
		w.now = w.now.Add(time.Duration(rapid.IntRange(-90, 240).Draw(c.t, "jump")) * time.Minute)
	case "begin":
		if len(w.queue) > 0 {
			w.begin(rapid.IntRange(0, len(w.queue)-1).Draw(c.t, "which"))
		}
	case "end":
		for _, name := range []string{"team/a", "team/b"} {
			if _, runs := w.leases[name]; runs && c.chance("ends", 2) {
				w.end(name, events.Succeeded, c.chance("unheard", 4), c.chance("dies", 5))
			}
		}
	case "hear":
		if len(w.told) > 0 {
			_ = w.hear(context.Background(), w.scheduler(), rapid.IntRange(0, len(w.told)-1).Draw(c.t, "which")) // comes again
		}
	case "lose":
		if len(w.queue) > 0 {
			w.queue = w.queue[1:]
		}
	case "repeat":
		if len(w.queue) > 0 {
			w.queue = append(w.queue, w.queue[0])
		}
	}
	if w.now.After(c.most) {
		c.most = w.now
	}
}

// killedTick makes a tick that may be killed at an operation, or have another
// whole tick happen in it.
func (c *chaos) killedTick() {
	w, n := c.w, 0
	at := rapid.IntRange(1, 60).Draw(c.t, "operation")
	what := rapid.SampledFrom([]string{"nothing", "killed before", "killed after", "another tick", "a replayed tick"}).Draw(c.t, "happens")
	dead := false
	hook := func(mine string) func(string) error {
		return func(string) error {
			if dead {
				return errCrash
			}
			if mine == "before" {
				n++
			}
			if n != at {
				return nil
			}
			switch {
			case what == "killed "+mine:
				dead = true
				return errCrash
			case what == "another tick" && mine == "before", what == "a replayed tick" && mine == "after":
				n++
				before, after := w.before, w.after
				w.before, w.after = func(string) error { return nil }, func(string) error { return nil }
				c.tick()
				w.before, w.after = before, after
			}
			return nil
		}
	}
	w.before, w.after = hook("before"), hook("after")
	_, err := w.scheduler().Tick(context.Background(), w.now)
	w.before, w.after = func(string) error { return nil }, func(string) error { return nil }
	if err != nil && !errors.Is(err, errCrash) {
		c.t.Fatalf("a tick: %v", err)
	}
}

func (c *chaos) tick() {
	if _, err := c.w.scheduler().Tick(context.Background(), c.w.now); err != nil && !errors.Is(err, errCrash) {
		c.t.Fatalf("a tick: %v", err)
	}
}

// calm lets the world run without trouble until nothing is left to do, and gives
// the time up to which all that is due has been done.
func (c *chaos) calm() time.Time {
	w := c.w
	if w.now.Before(c.most) {
		w.now = c.most
	}
	until := w.now
	for quiet := 0; quiet < 40; quiet++ {
		w.now = w.now.Add(30 * time.Second)
		if w.now.Sub(until) > 1000*time.Hour {
			c.t.Fatalf("no end of it: %d begun, plans %+v", len(w.begun), w.plans)
		}
		c.tick()
		for i := 0; i < len(w.queue); {
			n := len(w.queue)
			if w.begin(i); len(w.queue) == n {
				i++
			}
		}
		for name := range w.leases {
			w.end(name, events.Succeeded, false, false)
		}
		for len(w.told) > 0 {
			if err := w.hear(context.Background(), w.scheduler(), 0); err != nil {
				c.t.Fatalf("hearing a result: %v", err)
			}
		}
		for _, p := range w.plans {
			if p.Running() != nil || p.Due.Before(until.Truncate(10*time.Minute)) {
				quiet = 0
			}
		}
	}
	return until
}

func (c *chaos) check(name string, start, until time.Time, all bool) {
	seen := map[string]int{}
	var dues []time.Time
	for _, run := range c.w.begun {
		if run.Subject() != name {
			continue
		}
		seen[run.Key()]++
		if seen[run.Key()] > 1 {
			c.t.Fatalf("%s was carried out twice", run.Key())
		}
		if run.Attempt > 1 && seen[fmt.Sprintf("%s/sync/%s/%d", name, run.Due.Format(time.RFC3339Nano), run.Attempt-1)] == 0 {
			c.t.Fatalf("%s without the attempt before", run.Key())
		}
		if run.Attempt == 1 {
			dues = append(dues, run.Due)
		}
	}
	if !slices.IsSortedFunc(dues, time.Time.Compare) {
		c.t.Fatalf("%s: due times out of order: %v", name, dues)
	}
	for due := start.Truncate(10 * time.Minute).Add(10 * time.Minute); !due.After(until); due = due.Add(10 * time.Minute) {
		happened := slices.ContainsFunc(dues, func(d time.Time) bool { return d.Equal(due) || !all && d.After(due) })
		if !happened {
			c.t.Fatalf("%s: what was due at %s did not happen: %v", name, due, dues)
		}
	}
}
