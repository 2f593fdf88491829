package foreign

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
)

// checkpoint gives the kept positions of the story, in the order of the store.
func (s *story) checkpoint() []store.Position {
	s.t.Helper()
	c, err := s.engine.Store.Checkpoint(s.t.Context(), "story")
	if err != nil {
		s.t.Fatal(err)
	}
	return c.Positions
}

// printed counts the records that the destination said it would have written.
func printed(t *testing.T, dir string) int {
	t.Helper()
	return len(ofType(read(t, dir, "stdout"), airbyte.Record))
}

func faker(config object) end {
	all := object{"count": 50, "records_per_state": 20}
	maps.Copy(all, config)
	return ours("source-faker", all)
}

// rowsOfFaker is how many rows faker makes of 50 users.
const rowsOfFaker = 50 + 100 + 100

func TestADestinationThatReturnsTheLastStateOnlyLeavesOtherStreamsIncomplete(t *testing.T) {
	to := t.TempDir()
	s := newStory(t, faker(nil), faros().through("listen.sh", to))
	s.connection["prefix"] = prefix
	r := s.sync(store.Incomplete)
	if n := printed(t, to); n != rowsOfFaker {
		t.Errorf("%d records arrived, not %d", n, rowsOfFaker)
	}
	reasons := strings.Join(r.Reasons(), "\n")
	for _, stream := range []string{"users", "products"} {
		if !strings.Contains(reasons, "stream "+stream+": the destination did not return") {
			t.Errorf("nothing is said of %s in %q", stream, r.Reasons())
		}
	}
	if kept := s.checkpoint(); len(kept) != 1 || kept[0].Stream.Name != "purchases" {
		t.Errorf("kept positions %+v, want that of the last stream", kept)
	}
}

func TestAcknowledgesInOrderMakesThatDestinationWhole(t *testing.T) {
	destination := faros()
	destination.AcknowledgesInOrder = true
	s := newStory(t, faker(nil), destination)
	s.connection["prefix"] = prefix
	s.sync(store.Succeeded)
	if kept := s.checkpoint(); len(kept) != 3 {
		t.Errorf("kept positions %+v, want one per stream", kept)
	}
	s.source.Config["count"] = 60
	if r := s.sync(store.Succeeded); r.Ledger.Total.Relayed != 10+20 {
		t.Errorf("%d records were relayed, not 10 new users and their 20 purchases", r.Ledger.Total.Relayed)
	}
}

func TestOneStateForAllStreamsNeedsNoPromise(t *testing.T) {
	for _, kind := range []airbyte.StateKind{airbyte.GlobalState, airbyte.LegacyState} {
		t.Run(string(kind), func(t *testing.T) {
			s := newStory(t, faker(object{"state_kind": string(kind)}), faros())
			s.connection["prefix"] = prefix
			s.sync(store.Succeeded)
			if kept := s.checkpoint(); len(kept) != 1 || kept[0].Kind != kind {
				t.Errorf("kept positions %+v, want one of kind %s", kept, kind)
			}
			s.source.Config["count"] = 60
			if r := s.sync(store.Succeeded); r.Ledger.Total.Relayed != 10+20 {
				t.Errorf("%d records were relayed, not the 30 new ones", r.Ledger.Total.Relayed)
			}
		})
	}
}

func TestKitSourceAndDestinationOfOneMaker(t *testing.T) {
	to := t.TempDir()
	s := newStory(t, kit(object{"count": 250}), faros().through("listen.sh", to))
	s.connection["prefix"] = prefix
	s.sync(store.Succeeded)
	if n := printed(t, to); n != 253 {
		t.Errorf("%d records arrived, not 253", n)
	}
	s.source.Config["count"] = 300
	s.sync(store.Succeeded)
	if n := printed(t, to); n != 53 {
		t.Errorf("%d records arrived, not 50 new numbers and 3 colours", n)
	}
}

func TestGreatNumbersOfAStateSurviveADestinationThatDamagesThem(t *testing.T) {
	to := t.TempDir()
	destination := faros().through("listen.sh", to)
	destination.AcknowledgesInOrder = true
	s := newStory(t, recorded(samples(t)), destination)
	s.sync(store.Succeeded)
	if returned := ofType(read(t, to, "stdout"), airbyte.State); len(returned) != 1 || strings.Contains(returned[0], "18446744073709551615") {
		t.Errorf("the destination returned %q: it is not the one this test is for", returned)
	}
	kept := ""
	for _, position := range s.checkpoint() {
		kept += string(position.State)
	}
	for _, number := range []string{`"cursor":9007199254740993,"page":123456789012345678901234567890,"share":1.0`, `"cursor":18446744073709551615`} {
		if !strings.Contains(kept, number) {
			t.Errorf("%s is not in the checkpoint %s", number, kept)
		}
	}
}

// samples is the folder of our own recording.
func samples(t *testing.T) string {
	t.Helper()
	return prepared(t, filepath.Join(here, "testdata", "numbers"))
}
