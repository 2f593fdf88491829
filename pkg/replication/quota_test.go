package replication_test

import (
	"strings"
	"testing"

	"knelt.dev/pkg/store"
)

// TestTheEndOfARateLimitIsInTheLedger, for whoever decides when to try again.
func TestTheEndOfARateLimitIsInTheLedger(t *testing.T) {
	t.Parallel()
	limited := strings.Replace(status("users", "RUNNING"), `"status":"RUNNING"`,
		`"status":"RUNNING","reasons":[{"type":"RATE_LIMITED","rate_limited":{"quota_reset":1700000000000}}]`, 1)
	r := trial{source: func(p *process) int {
		p.say(limited, status("users", "RUNNING"), record("users", 1), status("users", "COMPLETE"))
		return 0
	}, destination: echoes(nil, nil)}.start(t).is(store.Succeeded)
	if q := r.ledger.Source.QuotaReset; q != 1700000000000 {
		t.Errorf("the rate limit ends at %d", q)
	}
}
