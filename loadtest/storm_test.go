package main

import (
	"strings"
	"testing"
	"time"

	"knelt.dev/events"
	"knelt.dev/loadtest/site"
)

// storm is two connections with two runs each, every run asked for three times.
type storm struct {
	t     *testing.T
	runs  []*events.SyncRequest
	tally *tally
	sent  int
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newStorm(t *testing.T) *storm {
	t.Helper()
	s := &storm{t: t}
	for _, name := range []string{"a", "b"} {
		for i := range 2 {
			run := events.Run{Connection: events.Ref{Name: name}, Due: noon.Add(time.Duration(i) * time.Minute), Attempt: 1, Kind: events.Sync}
			s.runs = append(s.runs, &events.SyncRequest{Run: run, Reason: events.BySchedule})
		}
	}
	s.tally = newTally(7, s.runs)
	return s
}

// tell has an event heard that answers request n.
func (s *storm) tell(n int, p events.Payload) {
	s.t.Helper()
	e, err := events.New(events.Origin{Source: events.FromSync}, p)
	if err != nil {
		s.t.Fatal(err)
	}
	e.SetExtension("traceparent", s.tally.trace(n))
	if err := s.tally.hear(site.Heard{Event: e, At: noon}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *storm) result(run int, sync int64) *events.SyncResult {
	return &events.SyncResult{
		Run: s.runs[run].Run, Sync: sync, Attempts: 1, Outcome: events.Succeeded,
		Started: noon.Add(time.Duration(run) * time.Second), Ended: noon.Add(time.Duration(run+1) * time.Second),
	}
}

// good is a storm in which all went well.
func (s *storm) good() {
	for run := range s.runs {
		sync := int64(run%2) + 1
		s.tell(s.sent, &events.SyncStart{Run: s.runs[run].Run, Sync: sync, Epoch: 1, Started: noon})
		for range 3 {
			s.tell(s.sent, s.result(run, sync))
			s.sent++
		}
	}
}

func TestAStormInWhichEachSyncHappenedOnceIsGood(t *testing.T) {
	s := newStorm(t)
	s.good()
	s.tell(5, s.result(1, 2)) // delivered twice, by the broker
	other := s.result(0, 9)
	other.Connection.Name = "of-somebody-else"
	s.tell(0, other)
	if wrong := s.tally.problems(s.sent); len(wrong) > 0 || s.tally.answers() != 13 {
		t.Errorf("%d answers, and %q", s.tally.answers(), wrong)
	}
}

func TestWhatHappenedTwiceIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*storm)
		says  string
	}{
		"another sync": {func(s *storm) { s.tell(0, s.result(0, 3)) }, "became 2 syncs"},
		"with the same number": {func(s *storm) {
			r := s.result(0, 1)
			r.Ended = r.Ended.Add(time.Second)
			s.tell(0, r)
		}, "with 2 ends"},
		"another start": {func(s *storm) {
			s.tell(0, &events.SyncStart{Run: s.runs[0].Run, Sync: 1, Epoch: 2, Started: noon})
		}, "started 2 times"},
		"another attempt": {func(s *storm) {
			r := s.result(0, 1)
			r.Attempts = 2
			s.tell(0, r)
		}, "2 attempts"},
		"a failure": {func(s *storm) {
			r := s.result(0, 1)
			r.Outcome, r.Reasons = events.Failed, []string{"why"}
			s.tell(0, r)
		}, "failed:1"},
		"a sync that nobody asked for": {func(s *storm) {
			s.tally.runs[s.runs[3].Key()].syncs = map[int64]bool{3: true} // there has been a second one, of which nobody told
		}, "b was to have 2 syncs, and has those of the numbers [1 3]"},
		"an unanswered event": {func(s *storm) { s.sent++ }, "1 of 13 events were not answered"},
	} {
		s := newStorm(t)
		s.good()
		c.spoil(s)
		wrong := strings.Join(s.tally.problems(s.sent), "; ")
		if !strings.Contains(wrong, c.says) {
			t.Errorf("%s: found %q, want %q", name, wrong, c.says)
		}
	}
}

// TestAStormAsksForEveryRunEquallyOften, in an order that its seed repeats.
func TestAStormAsksForEveryRunEquallyOften(t *testing.T) {
	runs := newStorm(t).runs
	order, again, other := shuffled(7, 1000, runs), shuffled(7, 1000, runs), shuffled(8, 1000, runs)
	times, inTurn, same, alike := map[*events.SyncRequest]int{}, 0, 0, 0
	for i, r := range order {
		times[r]++
		if r == runs[i%len(runs)] {
			inTurn++
		}
		if r == again[i] {
			same++
		}
		if r == other[i] {
			alike++
		}
	}
	for _, r := range runs {
		if times[r] != 250 {
			t.Errorf("%s was asked for %d times", r.Key(), times[r])
		}
	}
	if inTurn > 400 || same != 1000 || alike > 400 {
		t.Errorf("of 1000, %d stand where they stood before, %d where the same seed puts them, %d where another one does", inTurn, same, alike)
	}
}

// TestLatenciesOfAStormCountFromWhenAnEventWasDue: of a run, from the first
// request for it to the first answer to any.
func TestLatenciesOfAStormCountFromWhenAnEventWasDue(t *testing.T) {
	s := newStorm(t)
	b := blast{tally: s.tally}
	for n := range 8 {
		b.requests = append(b.requests, s.runs[n%2])
		b.due = append(b.due, noon.Add(time.Duration(n)*time.Second))
		s.tally.answered[n] = noon.Add(time.Duration(20-n) * time.Second)
	}
	table, err := b.table()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{14_000, 20_000} { // 20-6-0, 20-0
		if got := float64(table.Rows[i].Values[3]); got < want || got > want*1.002 {
			t.Errorf("%s: at most %v, not %v", table.Rows[i].Name, got, want)
		}
	}
}
