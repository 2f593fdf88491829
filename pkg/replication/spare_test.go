package replication_test

import (
	"testing"

	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// TestADestinationWithoutRefreshesNeverReplacesAWholeStreamByAPart: the end of
// its input is all it can see of how the source ended.
func TestADestinationWithoutRefreshesNeverReplacesAWholeStreamByAPart(t *testing.T) {
	t.Parallel()
	overwritten := named("users")
	overwritten.Overwrites = true
	for name, c := range map[string]struct {
		stream    replication.Stream
		refreshes bool
		source    program
		outcome   store.Status
		replaced  bool
	}{
		"the source ends well":              {overwritten, false, says(0, record("users", 1), streamState("users", 1)), store.Succeeded, true},
		"the source fails":                  {overwritten, false, says(1, record("users", 1), streamState("users", 1)), store.Failed, false},
		"it fails after COMPLETE":           {overwritten, false, says(1, record("users", 1), streamState("users", 1), status("users", "COMPLETE")), store.Failed, true},
		"it says INCOMPLETE":                {overwritten, false, says(0, record("users", 1), streamState("users", 1), status("users", "INCOMPLETE")), store.Incomplete, false},
		"a stream that is appended to":      {named("users"), false, says(1, record("users", 1), streamState("users", 1)), store.Failed, true},
		"a destination that knows COMPLETE": {overwritten, true, says(1, record("users", 1), streamState("users", 1)), store.Failed, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			replaced := false
			r := trial{
				source: c.source,
				destination: func(p *process) int {
					for {
						l, ok := p.line()
						if !ok {
							select {
							case <-p.dead:
							default:
								replaced = true
							}
							return 0
						}
						if isState(l) {
							p.say(l)
						}
					}
				},
				cfg: replication.Config{Streams: []replication.Stream{c.stream}, SupportsRefreshes: c.refreshes},
			}.start(t)
			if r.ledger.Outcome != c.outcome {
				t.Errorf("outcome %s, want %s: %q", r.ledger.Outcome, c.outcome, r.ledger.Reasons)
			}
			if c.replaced {
				r.keeps(body("users", 1))
			}
			if replaced != c.replaced {
				t.Errorf("replaced: %v, want %v", replaced, c.replaced)
			}
		})
	}
}
