package notify_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"knelt.dev/events"
	"knelt.dev/pkg/notify"
)

var start = time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)

var outcomes = map[byte]events.Outcome{'s': events.Succeeded, 'i': events.Incomplete, 'f': events.Failed, 'c': events.Cancelled}

// result is the nth sync of a connection.
func result(n int, outcome events.Outcome) *events.SyncResult {
	due := start.Add(time.Duration(n) * time.Hour)
	r := &events.SyncResult{
		Run: events.Run{Connection: events.Ref{Namespace: "team", Name: "orders"}, Due: due, Attempt: 1}, Sync: int64(n + 1),
		Outcome: outcome, Started: due, Ended: due.Add(time.Minute), Total: events.Counts{Relayed: 5},
	}
	if outcome != events.Succeeded {
		r.Reasons = []string{"the source failed: no such table"}
	}
	return r
}

// told plays outcomes and gives what was told at each: F, R or nothing.
func told(outcomesInOrder string) string {
	var s notify.Standing
	var b strings.Builder
	for i := range len(outcomesInOrder) {
		var o notify.Occasion
		o, s = notify.Transition(s, result(i, outcomes[outcomesInOrder[i]]))
		switch o {
		case notify.Failure:
			b.WriteByte('F')
		case notify.Recovery:
			b.WriteByte('R')
		default:
			b.WriteByte('.')
		}
	}
	return b.String()
}

func TestFailureIsToldOnceAndThenTheRecovery(t *testing.T) {
	for outcomes, want := range map[string]string{
		"s":        ".",
		"ss":       "..",
		"f":        "F",
		"sfff":     ".F..",
		"sfifs":    ".F..R",
		"sfsfs":    ".FRFR",
		"sis":      ".FR",
		"fcs":      "F.R",
		"scs":      "...",
		"cf":       ".F",
		"fccccfss": "F.....R.",
	} {
		if got := told(outcomes); got != want {
			t.Errorf("of %s is told %s, want %s", outcomes, got, want)
		}
	}
}

// TestFailureAndRecoveryAlternate in any history, also when results come again
// and late ones come after their successors.
func TestFailureAndRecoveryAlternate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s notify.Standing
		failing, next := false, 0
		for range rapid.IntRange(0, 60).Draw(t, "events") {
			n := next
			if next > 0 && rapid.Bool().Draw(t, "old") {
				n = rapid.IntRange(0, next-1).Draw(t, "n") // whatever it says now
			} else {
				next++
			}
			r := result(n, rapid.SampledFrom([]events.Outcome{events.Succeeded, events.Incomplete, events.Failed, events.Cancelled}).Draw(t, "outcome"))
			before := s
			var o notify.Occasion
			o, s = notify.Transition(s, r)
			switch {
			case n < next-1 && (o != "" || !reflect.DeepEqual(s, before)) && !r.Ended.After(before.Ended):
				t.Fatalf("old news counted: %s", o)
			case o == notify.Failure && failing, o == notify.Recovery && !failing:
				t.Fatalf("%s is told while failing is %v", o, failing)
			}
			if o != "" {
				failing = o == notify.Failure
			}
			if s.Failing != failing {
				t.Fatalf("the standing says %v, told was %v", s.Failing, failing)
			}
		}
	})
}
